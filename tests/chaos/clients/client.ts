import type { Holding, Truth } from '../checker/evidence.js';

/** Somebody with an account. */
export interface Person {
  readonly id: string;
  readonly token: string;
}

/** Takes part in the load, whatever it is made of. */
export interface Client {
  readonly name: string;
  readonly person: Person;
  /** Such as `plain ws`. */
  readonly kind: string;
  readonly isConnected: boolean;
  /** Nothing that it sent waits for an answer. */
  readonly isSettled: boolean;
  start(): void;
  /** A new message, or nothing when too much is under way. */
  send(): void;
  /** Loses its connection without a word. */
  cut(): void;
  /** What it lacks of the truth, in words; empty when it is level. */
  behind(truth: Truth): string[];
  holdings(truth: Truth): Holding[];
  /** As far as it was told. */
  statusOf(userId: string): string | undefined;
  stop(): void;
}
