import type { DurableFrame } from '@protocol/frames';
import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Message } from '@protocol/resources/message';
import type { ChatError } from './errors';
import type { LiveInbox } from './inbox';
import { distrusted, withFrames } from './item';
import type { Items } from './items';
import type { Marks } from './marks';
import type { Outbox } from './outbox';
import type { SyncDeps } from './sync';
import type { Threads } from './threads';
import { type Delivery, messageOf } from './track';

export interface ChangesDeps {
  readonly items: Items;
  readonly inbox: LiveInbox;
  readonly threads: Threads;
  readonly marks: Marks;
  readonly outbox: Outbox;
  readonly myId: () => string | null;
  readonly stoppedTyping: (conversationId: string, userId: string) => void;
  readonly untrack: (conversationId: string) => void;
  readonly emit: {
    message(message: Message): void;
    error(error: ChatError): void;
  };
}

function messagesOf(frames: readonly DurableFrame[]): Message[] {
  return frames.flatMap((frame) => (frame.type === 'message' ? [messageOf(frame)] : []));
}

/** What the stream brings, passed to everything that shows it. */
export function createChanges(deps: ChangesDeps): SyncDeps['events'] {
  const { items, inbox, threads, marks, outbox, myId, emit } = deps;

  const isParticipant = (item: InboxItem | null) =>
    item?.participants.some(({ userId, leftSeq }) => userId === myId() && leftSeq === null) ===
    true;

  function announce(id: string, fresh: readonly Message[]): void {
    const others = fresh.filter(({ senderId }) => senderId !== myId());
    const last = others.at(-1);
    if (last === undefined) return;
    if (threads.isOpen(id) || isParticipant(items.get(id))) marks.mark('delivered', id, last.seq);
    for (const message of others) {
      deps.stoppedTyping(id, message.senderId);
      if (message.deletedAt === null) emit.message(message);
    }
  }
  /** Counting along is a guess; it is put right where it may be wrong. */
  function recount(id: string, { frames }: Delivery, caughtUp: boolean): void {
    const isDeletion = messagesOf(frames).some(({ deletedAt }) => deletedAt !== null);
    const isDoubtful = (caughtUp && frames.length > 0) || isDeletion;
    if (isDoubtful && items.get(id) !== null) items.refresh(id).catch(emit.error);
  }

  return {
    delivered(id, delivery, caughtUp) {
      const messages = messagesOf(delivery.frames);
      threads.deliver(id, messages);
      items.update(id, (item) => withFrames(item, delivery.frames, myId()));
      if (delivery.fresh.length > 0) inbox.list(id);
      for (const message of messages) if (message.senderId === myId()) outbox.confirm(message);
      recount(id, delivery, caughtUp);
      announce(id, delivery.fresh);
    },
    unknown(id) {
      items.fetch(id).then(
        () => inbox.list(id),
        () => deps.untrack(id),
      );
    },
    reload(id) {
      for (const one of id === null ? [...items.all()].map((item) => item.id) : [id]) {
        items.update(one, distrusted);
      }
      if (id === null) inbox.reload(true);
      else if (!threads.isOpen(id)) items.fetch(id).catch(emit.error);
      threads.reload(id);
      outbox.recall(id ?? undefined);
    },
    lost(id, error) {
      items.remove(id);
      emit.error(error);
    },
    error: emit.error,
  };
}
