import type { FrameOf } from '@protocol/frames';
import { LIMITS } from '@protocol/limits';
import type { Status, UserPresence } from '@protocol/resources/presence';
import type { Cancel, Clock } from './clock';
import { createStore } from './store';
import type { Typist } from './types';

type Typing = ReadonlyMap<string, readonly Typist[]>;

function withTypists(all: Typing, id: string, typists: readonly Typist[]): Typing {
  const next = new Map(all);
  if (typists.length === 0) next.delete(id);
  else next.set(id, typists);
  return next;
}

/** Who is there and who types: as told by the server, forgotten when it goes silent. */
export function createPresence(clock: Clock, me: () => string | null) {
  const presence = createStore<ReadonlyMap<string, UserPresence>>(new Map());
  const availability = createStore<ReadonlyMap<string, Status>>(new Map());
  const typing = createStore<Typing>(new Map());
  const expiries = new Map<string, Cancel>();

  function status(frame: FrameOf<'status'>): void {
    if ('businessId' in frame) {
      availability.set(new Map(availability.getSnapshot()).set(frame.businessId, frame.status));
      return;
    }
    const { type, ...user } = frame;
    presence.set(new Map(presence.getSnapshot()).set(user.userId, user));
  }

  function stopped(conversationId: string, userId: string): void {
    const key = `${conversationId}:${userId}`;
    expiries.get(key)?.();
    expiries.delete(key);
    const typists = typing.getSnapshot().get(conversationId);
    if (!typists?.some((typist) => typist.userId === userId)) return;
    const others = typists.filter((typist) => typist.userId !== userId);
    typing.set(withTypists(typing.getSnapshot(), conversationId, others));
  }

  function started({ conversationId, userId, name }: FrameOf<'typing'>): void {
    const key = `${conversationId}:${userId}`;
    expiries.get(key)?.();
    expiries.set(
      key,
      clock.after(LIMITS.typingTtlMs, () => stopped(conversationId, userId)),
    );
    const typists = typing.getSnapshot().get(conversationId) ?? [];
    if (typists.some((typist) => typist.userId === userId)) return;
    typing.set(withTypists(typing.getSnapshot(), conversationId, [...typists, { userId, name }]));
  }

  return {
    presence,
    availability,
    typing,
    frame(frame: FrameOf<'status' | 'typing'>): void {
      if (frame.type === 'status') status(frame);
      else if (frame.userId === me()) return;
      else if (frame.active) started(frame);
      else stopped(frame.conversationId, frame.userId);
    },
    /** A message of theirs says that they finished typing. */
    stopped,
  };
}
