import { type Static, Type } from 'typebox';
import { closed, Nullable, Uuid } from '../primitives.js';

export const Role = Type.Union([
  Type.Literal('CUSTOMER'),
  Type.Literal('AGENT'),
  Type.Literal('ADMIN'),
]);
export type Role = Static<typeof Role>;

/** What everybody who meets a user may know. */
export const Person = Type.Object(
  { id: Uuid, name: Type.String(), role: Role, avatar: Nullable(Type.String()) },
  closed,
);
export type Person = Static<typeof Person>;
