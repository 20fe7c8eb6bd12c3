import { type TSchema, Type } from 'typebox';

export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
});
/** A number taken from a conversation's or a user's counter. */
export const Seq = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
/** Chosen by the sender, unique per conversation and sender for ever: the key of an idempotent send. */
export const ClientId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
export const Timestamp = Type.String({ format: 'date-time' });
/** Opaque to clients; a bare integer is accepted for one conversation. */
export const Cursor = Type.String({ minLength: 1, maxLength: 256 });

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const closed = { additionalProperties: false } as const;
