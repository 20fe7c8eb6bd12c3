import type { Frame } from '../../protocol/frames.js';
import type { Conversation } from '../../protocol/resources/conversation.js';
import type { InboxItem } from '../../protocol/resources/inbox-item.js';
import type { Membership } from '../../protocol/resources/membership.js';
import type { Message } from '../../protocol/resources/message.js';
import type { Participant } from '../../protocol/resources/participant.js';
import type { Person } from '../../protocol/resources/person.js';
import type { Receipt } from '../../protocol/resources/receipt.js';

/** Rows as PostgreSQL's JSON functions give them: times are strings of its own format. */
export interface ConversationRow {
  id: string;
  type: Conversation['type'];
  status: Conversation['status'];
  changeSeq: number;
  createdAt: string;
  lastSeq: number;
  lastMessageAt: string;
  business: { id: string; name: string } | null;
  customer: Person | null;
}

export interface ParticipantRow {
  conversationId: string;
  userId: string;
  user: Person;
  role: Participant['role'];
  changeSeq: number;
  joinedSeq: number;
  leftSeq: number | null;
  deliveredSeq: number;
  readSeq: number;
  userSeq: number;
}

export interface MessageRow extends Omit<Message, 'createdAt' | 'editedAt' | 'deletedAt'> {
  createdAt: string;
  editedAt: string | null;
  deletedAt: string | null;
}

export interface ItemRow extends ConversationRow {
  participants: ParticipantRow[];
  lastMessage: MessageRow | null;
  me: Membership | null;
  unread: number;
}

const time = (text: string) => new Date(text).toISOString();
const timeOrNull = (text: string | null) => (text === null ? null : time(text));

export function presentConversation(row: ConversationRow): Conversation {
  const { id, type, changeSeq, status, business, customer } = row;
  return { id, type, changeSeq, status, business, customer, createdAt: time(row.createdAt) };
}

/** The shared part of an inbox item: what may be sent to everybody. */
export function sharedPart({
  id,
  type,
  changeSeq,
  status,
  business,
  customer,
  createdAt,
}: InboxItem): Conversation {
  return { id, type, changeSeq, status, business, customer, createdAt };
}

export function presentParticipant(row: ParticipantRow): Participant {
  const { conversationId, userId, user, role, changeSeq, joinedSeq, leftSeq } = row;
  return { conversationId, userId, user, role, changeSeq, joinedSeq, leftSeq };
}

export function presentReceipt({
  conversationId,
  userId,
  deliveredSeq,
  readSeq,
}: ParticipantRow): Receipt {
  return { conversationId, userId, deliveredSeq, readSeq };
}

export function presentMessage(row: MessageRow): Message {
  const { createdAt, editedAt, deletedAt } = row;
  return {
    conversationId: row.conversationId,
    seq: row.seq,
    changeSeq: row.changeSeq,
    senderId: row.senderId,
    sender: row.sender,
    clientId: row.clientId,
    kind: row.kind,
    body: row.body,
    replyToSeq: row.replyToSeq,
    createdAt: time(createdAt),
    editedAt: timeOrNull(editedAt),
    deletedAt: timeOrNull(deletedAt),
  };
}

export function presentItem(row: ItemRow): InboxItem {
  return {
    ...presentConversation(row),
    lastSeq: row.lastSeq,
    lastMessageAt: time(row.lastMessageAt),
    lastMessage: row.lastMessage && presentMessage(row.lastMessage),
    participants: row.participants.map(presentParticipant),
    receipts: row.participants.map(presentReceipt),
    me: row.me,
    unread: row.unread,
  };
}

export function conversationFrame(conversation: Conversation): Frame {
  const { id: conversationId, changeSeq } = conversation;
  return { type: 'conversation', conversationId, changeSeq, conversation };
}
