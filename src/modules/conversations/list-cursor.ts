import { AppError } from '../../platform/errors.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The last item of a page. */
export interface ListPosition {
  readonly at: string;
  readonly id: string;
}

export function encodeListCursor({ at, id }: ListPosition): string {
  return Buffer.from(`${at} ${id}`).toString('base64url');
}

export function decodeListCursor(cursor: string): ListPosition {
  const [at, id] = Buffer.from(cursor, 'base64url').toString('latin1').split(' ');
  if (at && id && isTime(at) && UUID.test(id)) return { at, id };
  throw new AppError('bad_cursor', '`cursor` is not one that this list has given.');
}

/** Of the years that both JavaScript and PostgreSQL write with four digits. */
function isTime(text: string): boolean {
  if (!/^[1-9]\d{3}-/.test(text)) return false;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}
