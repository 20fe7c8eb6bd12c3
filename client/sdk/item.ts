import type { DurableFrame } from '@protocol/frames';
import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Membership } from '@protocol/resources/membership';
import type { Message } from '@protocol/resources/message';
import type { Participant } from '@protocol/resources/participant';
import type { Receipt } from '@protocol/resources/receipt';
import type { MarkKind } from './marks';
import { messageOf } from './track';

const MOST_UNREAD = 100;

function withParticipant(item: InboxItem, next: Participant): InboxItem {
  const known = item.participants.find(({ userId }) => userId === next.userId);
  if (known !== undefined && known.changeSeq > next.changeSeq) return item;
  const others = item.participants.filter(({ userId }) => userId !== next.userId);
  return { ...item, participants: [...others, next] };
}

export function withLastMessage(item: InboxItem, message: Message): InboxItem {
  const { lastMessage } = item;
  if (lastMessage !== null) {
    if (message.seq < lastMessage.seq) return item;
    if (message.seq === lastMessage.seq && message.changeSeq < lastMessage.changeSeq) return item;
  }
  return { ...item, lastMessage: message, lastMessageAt: message.createdAt };
}

function withFrame(item: InboxItem, frame: DurableFrame): InboxItem {
  if (frame.type === 'conversation') {
    return frame.changeSeq < item.changeSeq ? item : { ...item, ...frame.conversation };
  }
  if (frame.type === 'message') return withLastMessage(item, messageOf(frame));
  const { type, ...participant } = frame;
  return withParticipant(item, participant);
}

/**
 * A guess until the next membership or re-read: the server counts, and sends no count with each message. An open
 * thread counts as well, because it may stand in a tab that nobody looks at; `read()` says what was seen.
 */
function guessUnread(item: InboxItem, frames: readonly DurableFrame[], me: string | null): number {
  const added = frames.filter(
    (frame) =>
      frame.type === 'message' &&
      frame.seq > item.lastSeq &&
      frame.senderId !== me &&
      frame.deletedAt === null,
  );
  return Math.min(MOST_UNREAD, item.unread + added.length);
}

export function withFrames(
  item: InboxItem,
  frames: readonly DurableFrame[],
  me: string | null,
): InboxItem {
  const unread = guessUnread(item, frames, me);
  const lastSeq = Math.max(item.lastSeq, ...frames.map(({ changeSeq }) => changeSeq));
  return { ...frames.reduce(withFrame, item), unread, lastSeq };
}

export function withMembership(item: InboxItem, me: Membership): InboxItem {
  if (item.me !== null && item.me.userSeq > me.userSeq) return item;
  return { ...item, me, unread: me.unread };
}

export function withReceipt(item: InboxItem, next: Receipt): InboxItem {
  const known = item.receipts.find(({ userId }) => userId === next.userId);
  const merged: Receipt = {
    ...next,
    deliveredSeq: Math.max(next.deliveredSeq, known?.deliveredSeq ?? 0),
    readSeq: Math.max(next.readSeq, known?.readSeq ?? 0),
  };
  const isSame = known?.deliveredSeq === merged.deliveredSeq && known.readSeq === merged.readSeq;
  if (isSame) return item;
  return {
    ...item,
    receipts: [...item.receipts.filter(({ userId }) => userId !== next.userId), merged],
  };
}

/** How far the server knows this user to have got; where it keeps no such mark, there is nothing to tell it. */
export function markedUpTo(item: InboxItem | null, kind: MarkKind, me: string | null): number {
  if (item === null) return Number.POSITIVE_INFINITY;
  if (kind === 'read') return item.me?.readSeq ?? 0;
  const isParticipant = item.participants.some(({ userId }) => userId === me);
  const own = item.receipts.find(({ userId }) => userId === me);
  return own?.deliveredSeq ?? (isParticipant ? 0 : Number.POSITIVE_INFINITY);
}

const userSeqOf = (item: InboxItem) => item.me?.userSeq ?? -1;

/** A read by REST against what the stream has brought meanwhile: of each part the newer. */
export function merged(local: InboxItem | undefined, remote: InboxItem): InboxItem {
  if (local === undefined) return remote;
  const isStale = local.lastSeq > remote.lastSeq;
  const isOlderMe = userSeqOf(local) > userSeqOf(remote);
  const base: InboxItem = {
    ...(isStale ? local : remote),
    receipts: remote.receipts,
    me: isOlderMe ? local.me : remote.me,
    unread: isStale || isOlderMe ? local.unread : remote.unread,
  };
  return local.receipts.reduce(withReceipt, base);
}

/** After a resync nothing local counts: whatever is read next wins. */
export function distrusted(item: InboxItem): InboxItem {
  const me = item.me === null ? null : { ...item.me, userSeq: 0 };
  return { ...item, lastSeq: 0, changeSeq: 0, receipts: [], me };
}
