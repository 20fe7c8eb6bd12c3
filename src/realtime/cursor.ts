import type { Tail } from './log.js';

export type Cursor =
  | {
      readonly kind: 'conversation';
      readonly epoch: string;
      readonly position: number;
      readonly tail: Tail;
    }
  | {
      readonly kind: 'user';
      readonly epoch: string;
      readonly position: number;
      readonly checkedAt: number;
      /** Fingerprint of the changes since `checkedAt` that a poll has told of, so that the next one waits for others. */
      readonly told?: string;
    }
  /** Given by a client as a plain number: proves nothing but the place. */
  | { readonly kind: 'bare'; readonly position: number };

const MAX_SEQ = 2_147_483_647;

export function encodeCursor(cursor: Exclude<Cursor, { kind: 'bare' }>): string {
  const parts =
    cursor.kind === 'conversation'
      ? ['c', cursor.epoch, cursor.position, cursor.tail.seq, cursor.tail.hash]
      : [
          'u',
          cursor.epoch,
          cursor.position,
          cursor.checkedAt,
          ...(cursor.told ? [cursor.told] : []),
        ];
  return Buffer.from(parts.join('.')).toString('base64url');
}

/** Null: not a cursor of ours. */
export function decodeCursor(text: string): Cursor | null {
  if (/^\d{1,10}$/.test(text)) {
    const position = Number(text);
    return position <= MAX_SEQ ? { kind: 'bare', position } : null;
  }
  const [kind, epoch, ...rest] = Buffer.from(text, 'base64url').toString('latin1').split('.');
  const [position, second, hash] = rest;
  if (!epoch || !isNumber(position) || !isNumber(second) || Number(position) > MAX_SEQ) return null;
  const place = { epoch, position: Number(position) };
  if (kind === 'u' && rest.length === 2) {
    return { kind: 'user', ...place, checkedAt: Number(second) };
  }
  if (kind === 'u' && rest.length === 3 && hash !== undefined && /^[0-9a-f]{8}$/.test(hash)) {
    return { kind: 'user', ...place, checkedAt: Number(second), told: hash };
  }
  if (kind === 'c' && rest.length === 3 && hash !== undefined && /^[0-9a-f]*$/.test(hash)) {
    const tail = { seq: Number(second), hash };
    return { kind: 'conversation', ...place, tail };
  }
  return null;
}

/**
 * The newer of two cursors of one client. Where they cannot be compared, because they are of different kinds or of
 * different databases, the first one counts.
 */
export function newerCursor(first: Cursor, second: Cursor): Cursor {
  return isComparable(first, second) && isAfter(second, first) ? second : first;
}

function isComparable(a: Cursor, b: Cursor): boolean {
  if (a.kind === 'bare' || b.kind === 'bare') return a.kind !== 'user' && b.kind !== 'user';
  return a.kind === b.kind && a.epoch === b.epoch;
}

function isAfter(a: Cursor, b: Cursor): boolean {
  if (a.position !== b.position || a.kind !== 'user' || b.kind !== 'user')
    return a.position > b.position;
  return a.checkedAt > b.checkedAt;
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,15}$/.test(text) && Number.isSafeInteger(Number(text));
}
