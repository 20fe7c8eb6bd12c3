import { type Static, Type } from 'typebox';
import { closed, Seq, Uuid } from '../primitives.js';

/** What is the caller's own about a conversation. `unread` counts to 100: show 99+ above 99. */
export const Membership = Type.Object(
  {
    conversationId: Uuid,
    userSeq: Seq,
    readSeq: Seq,
    unread: Type.Integer({ minimum: 0, maximum: 100 }),
  },
  closed,
);
export type Membership = Static<typeof Membership>;
