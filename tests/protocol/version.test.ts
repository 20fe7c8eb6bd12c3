import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { CLOSE_CODES } from '../../src/protocol/close-codes.js';
import { COMMANDS } from '../../src/protocol/commands.js';
import { ERRORS } from '../../src/protocol/errors.js';
import { FRAMES } from '../../src/protocol/frames.js';
import { LIMITS } from '../../src/protocol/limits.js';
import { InboxItem } from '../../src/protocol/resources/inbox-item.js';
import { PROTOCOL, PROTOCOL_VERSION } from '../../src/protocol/version.js';

/**
 * Everything that both sides have to agree on. When this fails, the wire has changed: raise `PROTOCOL_VERSION` with a
 * line of its history, see that clients of the version before still work, and pin the new hash here.
 */
const PINNED = { version: 1, hash: 'cb4236c0b63ad45d' };

/** Whatever the order in which properties were written down. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, canonical(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('the schemas of the wire are those of the pinned protocol version', () => {
  const wire = { PROTOCOL, COMMANDS, FRAMES, InboxItem, ERRORS, CLOSE_CODES, LIMITS };
  const hash = createHash('sha256')
    .update(JSON.stringify(canonical(wire)))
    .digest('hex')
    .slice(0, 16);
  expect({ version: PROTOCOL_VERSION, hash }).toEqual(PINNED);
});
