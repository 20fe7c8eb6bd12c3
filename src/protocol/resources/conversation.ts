import { type Static, Type } from 'typebox';
import { closed, Nullable, Seq, Timestamp, Uuid } from '../primitives.js';
import { Person } from './person.js';

export const ConversationType = Type.Union([Type.Literal('direct'), Type.Literal('support')]);
export type ConversationType = Static<typeof ConversationType>;

export const ConversationStatus = Type.Union([Type.Literal('open'), Type.Literal('resolved')]);
export type ConversationStatus = Static<typeof ConversationStatus>;

/** The shared state of a conversation: the same for every viewer. */
export const Conversation = Type.Object(
  {
    id: Uuid,
    type: ConversationType,
    changeSeq: Seq,
    status: ConversationStatus,
    business: Nullable(Type.Object({ id: Uuid, name: Type.String() }, closed)),
    customer: Nullable(Person),
    createdAt: Timestamp,
  },
  closed,
);
export type Conversation = Static<typeof Conversation>;
