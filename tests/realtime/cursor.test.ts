import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Cursor, decodeCursor, encodeCursor, newerCursor } from '../../src/realtime/cursor.js';

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
    base64url('u.e.1.2.ABCDEF01'),
    base64url('u.e.1.2.abcdef01.3'),
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
    const user = fc.record(
      {
        kind: fc.constant('user' as const),
        epoch,
        position: seq,
        checkedAt: fc.nat(Date.UTC(2100, 0)),
        told: fc.stringMatching(/^[0-9a-f]{8}$/),
      },
      { requiredKeys: ['kind', 'epoch', 'position', 'checkedAt'] },
    );
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

describe('of two cursors of one client', () => {
  const bare = (position: number): Cursor => ({ kind: 'bare', position });
  const tail = { seq: 0, hash: '' };
  const conversation = (position: number, epoch = 'e'): Cursor => ({
    kind: 'conversation',
    epoch,
    position,
    tail,
  });
  const user = (position: number, checkedAt = 0, epoch = 'e'): Cursor => ({
    kind: 'user',
    epoch,
    position,
    checkedAt,
  });

  test.each<[string, Cursor, Cursor]>([
    ['numbers', bare(1), bare(2)],
    ['conversation cursors', conversation(1), conversation(2)],
    ['a cursor and a number of its conversation', conversation(1), bare(2)],
    ['a number and a cursor of its conversation', bare(1), conversation(2)],
    ['places in the own stream', user(1, 9), user(2, 8)],
    ['times at one place of the own stream', user(1, 8), user(1, 9)],
  ])('the newer counts: %s', (_what, older, newer) => {
    expect(newerCursor(older, newer)).toBe(newer);
    expect(newerCursor(newer, older)).toBe(newer);
  });

  test.each<[string, Cursor, Cursor]>([
    ['of two epochs', conversation(1, 'now'), conversation(2, 'then')],
    ['of two epochs of the own stream', user(1, 1, 'now'), user(2, 2, 'then')],
    ['of two kinds', conversation(1), user(2)],
    ['of two kinds, one of them a number', user(1), bare(2)],
    ['of the same place', conversation(1), bare(1)],
  ])('the first counts: %s', (_what, first, second) => {
    expect(newerCursor(first, second)).toBe(first);
  });
});
