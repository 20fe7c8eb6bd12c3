import type { Command } from '@protocol/commands';
import type { FrameOf } from '@protocol/frames';
import { LIMITS } from '@protocol/limits';
import type { Cancel, Clock } from './clock';
import { ChatError, errorOfFrame } from './errors';

const ANSWER_MS = 10_000;

export interface CatchUpsDeps {
  readonly send: (command: Command) => boolean;
  readonly clock: Clock;
  readonly positionOf: (conversationId: string) => number | null;
  /** Refused, or unanswered for 10 s. */
  readonly failed: (conversationId: string, error: ChatError) => void;
}

/** The `sync` commands under way: one at a time per conversation, up to a hundred conversations in each. */
export interface CatchUps {
  ask(conversationIds: readonly string[]): void;
  isUnderWay(conversationId: string): boolean;
  answered(conversationId: string): void;
  /** True when the error was about a `sync`. */
  refused(frame: FrameOf<'error'>): boolean;
  clear(): void;
}

interface UnderWay {
  readonly command: string;
  readonly stop: Cancel;
}

export function createCatchUps(deps: CatchUpsDeps): CatchUps {
  const { send, clock, positionOf, failed } = deps;
  const underWay = new Map<string, UnderWay>();
  let last = 0;

  function answered(id: string): void {
    underWay.get(id)?.stop();
    underWay.delete(id);
  }
  function fail(id: string, error: ChatError): void {
    answered(id);
    failed(id, error);
  }
  const timeout = () => new ChatError({ code: 'timeout', message: 'No catch-up in time' });

  function send100(ids: readonly string[]): void {
    last += 1;
    const command = `sync-${last}`;
    const conversations = ids.map((id) => ({ id, after: positionOf(id) ?? 0 }));
    if (!send({ type: 'sync', id: command, conversations })) return;
    for (const id of ids) {
      const stop = clock.after(ANSWER_MS, () => fail(id, timeout()));
      underWay.set(id, { command, stop });
    }
  }
  function ask(ids: readonly string[]): void {
    const due = [...new Set(ids)].filter((id) => positionOf(id) !== null && !underWay.has(id));
    for (let at = 0; at < due.length; at += LIMITS.syncConversations) {
      send100(due.slice(at, at + LIMITS.syncConversations));
    }
  }
  function refused(frame: FrameOf<'error'>): boolean {
    if (frame.id?.startsWith('sync-') !== true) return false;
    const group = [...underWay].filter(([, { command }]) => command === frame.id).map(([id]) => id);
    const about = group.filter((id) => (frame.conversationId ?? id) === id);
    const error = errorOfFrame(frame);
    if (about.length === 1 || error.retryable) for (const id of about) fail(id, error);
    else askOneByOne(about);
    return true;
  }
  // It does not say which of them it is about.
  function askOneByOne(ids: readonly string[]): void {
    for (const id of ids) {
      answered(id);
      ask([id]);
    }
  }
  return {
    ask,
    answered,
    refused,
    isUnderWay: (id) => underWay.has(id),
    clear() {
      for (const id of [...underWay.keys()]) answered(id);
    },
  };
}
