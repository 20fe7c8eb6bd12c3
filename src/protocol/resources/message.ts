import { type Static, Type } from 'typebox';
import { ClientId, closed, Nullable, Seq, Timestamp, Uuid } from '../primitives.js';
import { Person } from './person.js';

/** `seq` is its identity within the conversation and its place for ever; `changeSeq` the number of its last change. */
export const Message = Type.Object(
  {
    conversationId: Uuid,
    seq: Seq,
    changeSeq: Seq,
    senderId: Uuid,
    sender: Person,
    clientId: ClientId,
    kind: Type.Union([Type.Literal('text'), Type.Literal('system')]),
    /** Plain text, never HTML; empty once deleted. */
    body: Type.String(),
    replyToSeq: Nullable(Seq),
    createdAt: Timestamp,
    editedAt: Nullable(Timestamp),
    deletedAt: Nullable(Timestamp),
  },
  closed,
);
export type Message = Static<typeof Message>;
