import { type Static, Type } from 'typebox';
import { closed, Nullable, Seq, Uuid } from '../primitives.js';
import { Person } from './person.js';

export const ParticipantRole = Type.Union([
  Type.Literal('customer'),
  Type.Literal('agent'),
  Type.Literal('member'),
]);
export type ParticipantRole = Static<typeof ParticipantRole>;

export const Participant = Type.Object(
  {
    conversationId: Uuid,
    userId: Uuid,
    user: Person,
    role: ParticipantRole,
    changeSeq: Seq,
    joinedSeq: Seq,
    leftSeq: Nullable(Seq),
  },
  closed,
);
export type Participant = Static<typeof Participant>;
