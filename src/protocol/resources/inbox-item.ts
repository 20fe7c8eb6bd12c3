import { type Static, Type } from 'typebox';
import { closed, Nullable, Seq, Timestamp } from '../primitives.js';
import { Conversation } from './conversation.js';
import { Membership } from './membership.js';
import { Message } from './message.js';
import { Participant } from './participant.js';
import { Receipt } from './receipt.js';

/**
 * A conversation as its viewer lists it. `lastSeq` is the head at the time of reading: the position to go on from.
 * `me` is null for staff who have left no mark in it yet.
 */
export const InboxItem = Type.Object(
  {
    ...Conversation.properties,
    lastSeq: Seq,
    lastMessageAt: Timestamp,
    lastMessage: Nullable(Message),
    participants: Type.Array(Participant),
    receipts: Type.Array(Receipt),
    me: Nullable(Membership),
    unread: Type.Integer({ minimum: 0, maximum: 100 }),
  },
  closed,
);
export type InboxItem = Static<typeof InboxItem>;
