import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from '../../src/realtime/cursor.js';

const MAX_SEQ = 2_147_483_647;
const epoch = fc.stringMatching(/^[0-9a-f-]{1,40}$/);
const seq = fc.integer({ min: 0, max: MAX_SEQ });
const base64url = (text: string) => Buffer.from(text).toString('base64url');

describe('cursors', () => {
  test.each([
    '',
    ' 1',
    '-1',
    '1.5',
    '1e309',
    'NaN',
    'abc',
    '0x10',
    '2147483648',
    '9007199254740993',
    base64url('c.e.1.2'),
    base64url('c.e.1.2.zz'),
    base64url('c.e.1.2.ff.3'),
    base64url('c..1.2.ff'),
    base64url('u.e.-1.2'),
    base64url('u.e.1.2.3'),
    base64url('x.e.1.2'),
    base64url('u.e.1'),
  ])('%j is not a cursor', (text) => {
    expect(decodeCursor(text)).toBeNull();
  });

  test('a forged position that no counter can have is not a cursor', () => {
    for (const position of [MAX_SEQ + 1, 999_999_999_999]) {
      expect(decodeCursor(base64url(`c.e.${position}.0.`))).toBeNull();
      expect(decodeCursor(base64url(`u.e.${position}.0`))).toBeNull();
    }
  });

  test('[R2] a plain number is a place that proves nothing else', () => {
    fc.assert(
      fc.property(seq, (position) => {
        expect(decodeCursor(`${position}`)).toEqual({ kind: 'bare', position });
      }),
    );
  });

  test('what the server gave out comes back as it was', () => {
    const conversation = fc.record({
      kind: fc.constant('conversation' as const),
      epoch,
      position: seq,
      tail: fc.record({ seq, hash: fc.stringMatching(/^[0-9a-f]{0,16}$/) }),
    });
    const user = fc.record({
      kind: fc.constant('user' as const),
      epoch,
      position: seq,
      checkedAt: fc.nat(Date.UTC(2100, 0)),
    });
    fc.assert(
      fc.property(fc.oneof(conversation, user), (cursor) => {
        const text = encodeCursor(cursor);
        expect(text).toMatch(/^[\w-]{1,256}$/);
        expect(decodeCursor(text)).toEqual(cursor);
      }),
    );
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string({ maxLength: 256 }), (text) => void decodeCursor(text)));
  });
});
