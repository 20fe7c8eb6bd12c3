import { AppError } from '../../platform/errors.js';
import { LIMITS } from '../../protocol/limits.js';

/** Refuses what cannot be stored or shown. The text itself is kept to the letter: rendering is the clients' affair. */
export function requireBody(body: string): string {
  if (body.trim() === '') throw new AppError('body_empty', 'The message has no text.');
  const bytes = Buffer.byteLength(body);
  if (bytes > LIMITS.bodyBytes) {
    throw new AppError(
      'body_too_long',
      `The message has ${bytes} bytes, and at most ${LIMITS.bodyBytes} are taken.`,
    );
  }
  if (body.includes('\u0000') || !body.isWellFormed()) {
    throw new AppError(
      'bad_request',
      'The text has a NUL or half a surrogate pair, which no client could show.',
    );
  }
  return body;
}
