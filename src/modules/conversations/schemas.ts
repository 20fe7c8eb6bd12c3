import { Type } from 'typebox';
import { closed, Nullable, Seq, Uuid } from '../../protocol/primitives.js';
import { ConversationStatus } from '../../protocol/resources/conversation.js';
import { InboxItem } from '../../protocol/resources/inbox-item.js';

export const ConversationParams = Type.Object({ id: Uuid }, closed);

export const ListQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    businessId: Type.Optional(Uuid),
    status: Type.Optional(ConversationStatus),
  },
  closed,
);
export const ListAnswer = Type.Object(
  { items: Type.Array(InboxItem), nextCursor: Nullable(Type.String()) },
  closed,
);

export const CreateBody = Type.Union([
  Type.Object({ type: Type.Literal('support'), businessId: Uuid }, closed),
  Type.Object({ type: Type.Literal('direct'), userId: Uuid }, closed),
]);

export const StatusBody = Type.Object({ status: ConversationStatus }, closed);
export const ReadBody = Type.Object({ seq: Seq }, closed);
