import { AppError } from '../../platform/errors.js';

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
  if (at && id && /^\d{4}-[\d-]{5}T[\d:.]+Z$/.test(at) && /^[0-9a-f-]{36}$/.test(id))
    return { at, id };
  throw new AppError('bad_cursor', '`cursor` is not one that this list has given.');
}
