import type { Command } from '@protocol/commands';
import type { DurableFrame, Frame, FrameOf, Head } from '@protocol/frames';
import { createCatchUps } from './catch-ups';
import { readChangedPages } from './changed-pages';
import type { Clock } from './clock';
import { ChatError, toChatError } from './errors';
import { createFills } from './fills';
import { createResyncs } from './resyncs';
import { type Delivery, Track } from './track';
import type { RestClient } from './types';

/** Nothing else is a reason to give a conversation up. */
const GONE: readonly string[] = ['not_found', 'forbidden'];

export interface SyncDeps {
  readonly send: (command: Command) => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly readMessages: RestClient['messages'];
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
  const { send, clock, random, events } = deps;
  const tracks = new Map<string, Track>();
  const watched = new Set<string>();
  /** Live frames of conversations that are being read: the track will begin before the first of them. */
  const early = new Map<string, DurableFrame[]>();
  /** Those whose rows are being read by REST. */
  const paging = new Set<Track>();
  const fills = createFills({ clock, random, fill: (id) => catchUp([id]) });
  const catchUps = createCatchUps({
    send,
    clock,
    positionOf: (id) => tracks.get(id)?.position ?? null,
    failed(id, error) {
      if (GONE.includes(error.code)) lose(id, error);
      else fills.plan(id, error.retryAfterMs ?? 0);
    },
  });
  const resync = createResyncs({ clock, reload, error: events.error });

  function catchUp(ids: Iterable<string>): void {
    catchUps.ask([...ids].filter((id) => !paging.has(tracks.get(id) as Track)));
  }
  function lose(id: string, error: ChatError): void {
    untrack(id);
    events.lost(id, error);
  }
  function reload(id: string | null): void {
    for (const one of id === null ? [...tracks.keys()] : [id]) untrack(one);
    events.reload(id);
  }
  /** While a catch-up is under way, its end decides what is still missing. */
  function fillIfBehind(id: string, track: Track): void {
    if (!track.isBehind) fills.stop(id);
    else if (!catchUps.isUnderWay(id) && !paging.has(track)) fills.plan(id);
  }
  function pass(id: string, track: Track, delivery: Delivery, caughtUp: boolean): void {
    if (delivery.frames.length > 0 || caughtUp) events.delivered(id, delivery, caughtUp);
    if (tracks.get(id) === track) fillIfBehind(id, track);
    if (!caughtUp && watched.has(id) && delivery.frames.some(isParticipant)) catchUp([id]);
  }

  function begin(id: string, position: number): void {
    const held = early.get(id) ?? [];
    early.delete(id);
    const first = Math.min(position, ...held.map(({ changeSeq }) => changeSeq - 1));
    tracks.set(id, new Track(first));
    for (const frame of held) live(frame);
  }
  function track(id: string, position: number): void {
    if (!tracks.has(id)) begin(id, position);
    heads([{ id, lastSeq: position }]);
  }
  function untrack(id: string): void {
    tracks.delete(id);
    early.delete(id);
    catchUps.answered(id);
    fills.stop(id);
  }
  function heads(list: readonly Head[]): void {
    for (const { id, lastSeq } of list) {
      const known = tracks.get(id);
      if (known === undefined) events.unknown(id);
      else {
        known.head = Math.max(known.head, lastSeq);
        fillIfBehind(id, known);
      }
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
    const read = await readChangedPages(deps.readMessages, id, from).catch(toChatError);
    paging.delete(known);
    if (tracks.get(id) !== known) return;
    if (read instanceof ChatError) {
      fills.plan(id, read.retryAfterMs ?? 0);
      return;
    }
    pass(id, known, known.jump(from, read.head, read.rows), true);
    catchUp([id]);
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
      catchUp([id]);
    },
    unwatch: (id) => void watched.delete(id),
    frame(frame) {
      if (isDurable(frame)) live(frame);
      else if (frame.type === 'replay' && frame.conversationId !== undefined) {
        replay(frame, frame.conversationId);
      } else if (frame.type === 'resync') {
        const id = frame.conversationId ?? null;
        for (const one of id === null ? tracks.keys() : [id]) catchUps.answered(one);
        resync(id);
      } else if (frame.type === 'error') catchUps.refused(frame);
    },
    online() {
      const behind = [...tracks].filter(([, { isBehind }]) => isBehind).map(([id]) => id);
      catchUp([...watched, ...behind]);
    },
    offline() {
      catchUps.clear();
      fills.clear();
      for (const known of tracks.values()) known.interrupt();
    },
    everything: () => catchUp(tracks.keys()),
  };
}

/** Somebody came: presence is told of those who were there when the session last asked. */
const isParticipant = ({ type }: DurableFrame) => type === 'participant';

function isDurable(frame: Frame): frame is DurableFrame {
  return frame.type === 'message' || frame.type === 'participant' || frame.type === 'conversation';
}
