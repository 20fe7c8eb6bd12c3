import type { Command } from '@protocol/commands';
import type { DurableFrame, Frame, FrameOf, Head } from '@protocol/frames';
import { fullJitter } from './backoff';
import { createCatchUps } from './catch-ups';
import type { Cancel, Clock } from './clock';
import { ChatError, toChatError } from './errors';
import { createLoopGuard } from './loop-guard';
import { type Delivery, Track } from './track';
import type { MessagePage, MessageQuery } from './types';

const HOLD_BACK_MS = 100;
const RESYNCS_PER_MINUTE = 3;
const MINUTE_MS = 60_000;

export interface SyncDeps {
  readonly send: (command: Command) => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly readMessages: (conversationId: string, query: MessageQuery) => Promise<MessagePage>;
  readonly events: {
    /** `caughtUp`: it ended a catch-up, so counts made along the way may be off. */
    delivered(conversationId: string, delivery: Delivery, caughtUp: boolean): void;
    /** Something happened in a conversation that nobody tracks: read it, then `track` it. */
    unknown(conversationId: string): void;
    /** Drop what is known of it, read it again, then `track` it; null: of everything. */
    reload(conversationId: string | null): void;
    /** The server does not let this user see it any more. */
    lost(conversationId: string, error: ChatError): void;
    error(error: ChatError): void;
  };
}

/** Holds a position in each conversation, fills holes, and passes changes on once and in order. */
export interface Sync {
  /** Reads happened at `position`. Of one that is tracked already, only the head is noted. */
  track(conversationId: string, position: number): void;
  /** Like `track`, for something that was read beside the stream: whatever changed after `position` comes again. */
  rewind(conversationId: string, position: number): void;
  untrack(conversationId: string): void;
  /** Catch up now and on every connection, which also brings the presence of its people. */
  watch(conversationId: string): void;
  unwatch(conversationId: string): void;
  frame(frame: Frame): void;
  heads(heads: readonly Head[]): void;
  online(): void;
  offline(): void;
  /** Catches up everything, when the server cannot list what changed. */
  everything(): void;
}

export function createSync(deps: SyncDeps): Sync {
  const { clock, random, events } = deps;
  const tracks = new Map<string, Track>();
  const watched = new Set<string>();
  /** Live frames of conversations that are being read: the track will begin before the first of them. */
  const early = new Map<string, DurableFrame[]>();
  const fills = new Map<string, { tries: number; cancel: Cancel | null }>();
  /** Those whose rows are being read by REST. */
  const paging = new Set<Track>();
  const mayResync = createLoopGuard(clock, RESYNCS_PER_MINUTE, MINUTE_MS);
  const catchUps = createCatchUps({
    send: deps.send,
    clock,
    positionOf: (id) => tracks.get(id)?.position ?? null,
    failed: (id, error) => {
      if (error.retryable) fillLater(id, error.retryAfterMs ?? 0);
      else lose(id, error);
    },
  });

  function lose(id: string, error: ChatError): void {
    untrack(id);
    events.lost(id, error);
  }
  /** The hold-back gives frames on their way a chance; each further try waits longer. */
  function fillLater(id: string, leastMs = 0): void {
    const fill = fills.get(id) ?? { tries: 0, cancel: null };
    if (fill.cancel !== null || catchUps.isUnderWay(id)) return;
    if (isPaging(id)) return;
    const delay = fill.tries === 0 ? HOLD_BACK_MS : HOLD_BACK_MS + fullJitter(fill.tries, random);
    const cancel = clock.after(Math.max(delay, leastMs), () => {
      fills.set(id, { tries: fill.tries + 1, cancel: null });
      catchUps.ask([id]);
    });
    fills.set(id, { ...fill, cancel });
  }
  const isPaging = (id: string) => {
    const known = tracks.get(id);
    return known !== undefined && paging.has(known);
  };
  function stopFilling(id: string): void {
    fills.get(id)?.cancel?.();
    fills.delete(id);
  }
  function pass(id: string, track: Track, delivery: Delivery, caughtUp: boolean): void {
    if (delivery.frames.length > 0 || caughtUp) events.delivered(id, delivery, caughtUp);
    if (tracks.get(id) !== track) return;
    if (track.isBehind) fillLater(id);
    else stopFilling(id);
  }

  function track(id: string, position: number): void {
    const known = tracks.get(id);
    const held = early.get(id) ?? [];
    early.delete(id);
    if (known !== undefined) {
      heads([{ id, lastSeq: position }]);
      return;
    }
    const first = Math.min(position, ...held.map(({ changeSeq }) => changeSeq - 1));
    const fresh = new Track(first);
    tracks.set(id, fresh);
    for (const frame of held) live(frame);
    heads([{ id, lastSeq: position }]);
    if (watched.has(id)) catchUps.ask([id]);
  }
  function untrack(id: string): void {
    tracks.delete(id);
    early.delete(id);
    catchUps.answered(id);
    stopFilling(id);
  }
  function heads(list: readonly Head[]): void {
    for (const { id, lastSeq } of list) {
      const known = tracks.get(id);
      if (known === undefined) {
        events.unknown(id);
        continue;
      }
      known.head = Math.max(known.head, lastSeq);
      if (known.isBehind) fillLater(id);
    }
  }

  function live(frame: DurableFrame): void {
    const id = frame.conversationId;
    const known = tracks.get(id);
    if (known !== undefined) {
      pass(id, known, known.live(frame), false);
      return;
    }
    early.set(id, [...(early.get(id) ?? []), frame]);
    events.unknown(id);
  }

  function replay(frame: FrameOf<'replay'>, id: string): void {
    const known = tracks.get(id);
    if (known === undefined) return;
    if (frame.rest === true) {
      void readRest(id, known, frame.from);
      return;
    }
    const { closed, ...delivery } = known.bracket(frame);
    if (closed) catchUps.answered(id);
    pass(id, known, delivery, closed);
  }

  /** Too much for the connection: the rows come by REST, and what happens meanwhile by another catch-up. */
  async function readRest(id: string, known: Track, from: number): Promise<void> {
    catchUps.answered(id);
    if (paging.has(known)) return;
    paging.add(known);
    const read = await readPages(id, from).catch(toChatError);
    paging.delete(known);
    if (tracks.get(id) !== known) return;
    if (read instanceof ChatError) {
      fillLater(id, read.retryAfterMs ?? 0);
      return;
    }
    pass(id, known, known.jump(from, read.head, read.rows), true);
    catchUps.ask([id]);
  }
  async function readPages(id: string, changedAfter: number) {
    const rows: DurableFrame[] = [];
    let page = await deps.readMessages(id, { changedAfter, limit: 200 });
    const { head } = page;
    for (;;) {
      rows.push(...page.items.map((item) => ({ type: 'message' as const, ...item })));
      if (page.nextCursor === null) return { head, rows };
      page = await deps.readMessages(id, { changedAfter, after: page.nextCursor, limit: 200 });
    }
  }

  function resync(id: string | null): void {
    if (!mayResync()) {
      events.error(new ChatError({ code: 'resync_loop', message: 'Resynced too often' }));
      clock.after(MINUTE_MS, () => resync(id));
      return;
    }
    for (const one of id === null ? [...tracks.keys()] : [id]) untrack(one);
    events.reload(id);
  }

  return {
    track,
    untrack,
    heads,
    rewind(id, position) {
      tracks.get(id)?.rewind(position);
      track(id, position);
    },
    watch(id) {
      watched.add(id);
      catchUps.ask([id]);
    },
    unwatch: (id) => void watched.delete(id),
    frame(frame) {
      if (
        frame.type === 'message' ||
        frame.type === 'participant' ||
        frame.type === 'conversation'
      ) {
        live(frame);
      } else if (frame.type === 'replay' && frame.conversationId !== undefined) {
        replay(frame, frame.conversationId);
      } else if (frame.type === 'resync') resync(frame.conversationId ?? null);
      else if (frame.type === 'error') catchUps.refused(frame);
    },
    online() {
      const behind = [...tracks].filter(([, { isBehind }]) => isBehind).map(([id]) => id);
      catchUps.ask([...watched, ...behind]);
    },
    offline() {
      catchUps.clear();
      for (const id of [...fills.keys()]) stopFilling(id);
      for (const known of tracks.values()) known.interrupt();
    },
    everything: () => catchUps.ask([...tracks.keys()]),
  };
}
