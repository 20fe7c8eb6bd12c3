import { type Static, Type } from 'typebox';
import { closed, Nullable, Timestamp, Uuid } from '../primitives.js';

export const Status = Type.Union([
  Type.Literal('online'),
  Type.Literal('away'),
  Type.Literal('offline'),
]);
export type Status = Static<typeof Status>;

export const UserPresence = Type.Object(
  { userId: Uuid, status: Status, lastSeenAt: Nullable(Timestamp) },
  closed,
);
export type UserPresence = Static<typeof UserPresence>;

/** Whether somebody of the business is there to answer. */
export const Availability = Type.Object({ businessId: Uuid, status: Status }, closed);
export type Availability = Static<typeof Availability>;
