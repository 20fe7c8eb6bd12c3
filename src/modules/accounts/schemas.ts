import { type Static, Type } from 'typebox';
import { closed, Nullable, Timestamp, Uuid } from '../../protocol/primitives.js';
import { Person } from '../../protocol/resources/person.js';

export const OwnProfile = Type.Object(
  {
    ...Person.properties,
    email: Nullable(Type.String()),
    businesses: Type.Array(
      Type.Object({ id: Uuid, name: Type.String(), role: Type.String() }, closed),
    ),
  },
  closed,
);
export type OwnProfile = Static<typeof OwnProfile>;

export const LoginBody = Type.Object(
  {
    email: Type.String({ minLength: 3, maxLength: 320, pattern: '^[^\\u0000-\\u001f]+$' }),
    password: Type.String({ minLength: 1, maxLength: 1_024 }),
  },
  closed,
);
export const LoginAnswer = Type.Object(
  { token: Type.String(), expiresAt: Timestamp, user: OwnProfile },
  closed,
);
export const TicketAnswer = Type.Object({ ticket: Type.String(), expiresAt: Timestamp }, closed);

/** One login, on one device. */
export const Device = Type.Object(
  {
    id: Uuid,
    userAgent: Nullable(Type.String()),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    current: Type.Boolean(),
  },
  closed,
);
export type Device = Static<typeof Device>;
export const DeviceList = Type.Object({ items: Type.Array(Device) }, closed);
export const DeviceParams = Type.Object({ id: Uuid }, closed);
