import { type Static, Type } from 'typebox';
import { ClientId, closed, Nullable, Seq, Uuid } from '../../protocol/primitives.js';
import { Message } from '../../protocol/resources/message.js';

export const HistoryParams = Type.Object({ id: Uuid }, closed);
export const MessageParams = Type.Object({ id: Uuid, seq: Seq }, closed);

export const HistoryQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    before: Type.Optional(Seq),
    after: Type.Optional(Seq),
    changedAfter: Type.Optional(Seq),
  },
  closed,
);
export type HistoryQuery = Static<typeof HistoryQuery>;

export const HistoryAnswer = Type.Object(
  { items: Type.Array(Message), nextCursor: Nullable(Seq), head: Seq },
  closed,
);

export const SendBody = Type.Object(
  {
    body: Type.String(),
    clientId: Type.Optional(ClientId),
    replyTo: Type.Optional(Seq),
    ifLastSeq: Type.Optional(Seq),
  },
  closed,
);
export const Repeated = Type.Object(
  { ...Message.properties, duplicate: Type.Literal(true) },
  closed,
);
export const EditBody = Type.Object({ body: Type.String() }, closed);
