import type { DurableFrame } from '../protocol/frames.js';
import type { Membership } from '../protocol/resources/membership.js';
import type { Receipt } from '../protocol/resources/receipt.js';
import type { Caller } from './caller.js';
import type { Topic } from './topics.js';

/** Everything after a number, read in one snapshot of the database. */
export interface LogSlice {
  /** The conversation's counter in that snapshot: the position after applying `frames`. */
  readonly head: number;
  /** Conversation, participants, then messages by `seq`: each changed row once, in its newest state. */
  readonly frames: readonly DurableFrame[];
  /** True when there are more rows than asked for; `frames` is empty then. */
  readonly overflow: boolean;
  readonly receipts: readonly Receipt[];
  /** Whose presence matters to somebody who has this conversation open. */
  readonly people: readonly string[];
  readonly businessId: string | null;
  /** Fingerprint of the newest message up to `head`. */
  readonly tail: Tail;
  /** The same for the newest message up to the number asked from. */
  readonly tailBefore: Tail;
}

/** Newest message at a position: a rewound history that reuses numbers shows another one. */
export interface Tail {
  readonly seq: number;
  readonly hash: string;
}

export interface ConversationHead {
  readonly id: string;
  readonly lastSeq: number;
}

export interface ChangePlace {
  readonly changedAt: number;
  readonly id: string | null;
}

export interface ChangedHead extends ConversationHead {
  readonly changedAt: number;
}

export interface ChangedConversation extends ConversationHead {
  readonly topics: readonly Topic[];
}

/** Where the database stands. */
export interface Moment {
  /** Which history this is: the identity of the database, and how often a standby took over. */
  readonly epoch: string;
  /** The database's time in milliseconds. */
  readonly now: number;
  /** How much has been written in this history: it never falls, unless an older copy was put in its place. */
  readonly written: number;
}

/** Lies beyond every number: whoever reads from here wants the head alone, and the state around it. */
export const NOTHING_AFTER = 2_147_483_647;

/** What the kernel reads from storage. A repository implements it and `app.ts` passes it in. */
export interface ConversationLog {
  /** Null: no such conversation. */
  read(conversationId: string, after: number, limit: number): Promise<LogSlice | null>;
  /** Conversations of the caller that changed since a time, at most `limit`. */
  changedFor(caller: Caller, since: number, limit: number): Promise<ConversationHead[]>;
  /**
   * Conversations that changed after a place and up to a time, in the order of their change, at most `limit`. A place
   * without an id lies before all that changed in its millisecond.
   */
  changed(after: ChangePlace, until: number, limit: number): Promise<ChangedHead[]>;
  /** The same conversations with the topics of their frames; those that are gone are left out. */
  addressed(heads: readonly ConversationHead[]): Promise<ChangedConversation[]>;
  /** The database's time in milliseconds. */
  moment(): Promise<Moment>;
  /** After a rewind: the epoch that replaces the given one, the same for every node that asks. */
  beginHistory(epoch: string): Promise<string>;
}

export interface UserLog {
  /** The caller's own durable state after a number of their stream, in one snapshot. */
  read(
    userId: string,
    after: number,
  ): Promise<{ head: number; memberships: readonly Membership[] }>;
  /** Who of them has a counter beyond the position. */
  ahead(positions: readonly { userId: string; position: number }[]): Promise<string[]>;
}
