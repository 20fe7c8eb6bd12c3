import { type Static, Type } from 'typebox';
import { closed, Seq, Uuid } from '../primitives.js';

/** Watermarks of one participant: everything up to these numbers was delivered to, or read by, them. */
export const Receipt = Type.Object(
  { conversationId: Uuid, userId: Uuid, deliveredSeq: Seq, readSeq: Seq },
  closed,
);
export type Receipt = Static<typeof Receipt>;
