import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import Schema from 'typebox/schema';
import { AppError, toAppError } from '../../src/platform/errors.js';
import { CLOSE_CODES, closeAction } from '../../src/protocol/close-codes.js';
import { ERRORS, type ErrorCode } from '../../src/protocol/errors.js';
import { FRAMES } from '../../src/protocol/frames.js';

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('errors', () => {
  test('[E4] exactly what is too much or out of order on the server may succeed later', () => {
    expect(codes.filter((code) => ERRORS[code].retry)).toEqual([
      'rate_limited',
      'internal',
      'unavailable',
      'overloaded',
    ]);
  });

  test('every error has an HTTP status of its kind, and only those of the server are retried or logged loudly', () => {
    for (const code of codes) {
      const { http, retry, log } = ERRORS[code];
      expect({ code, retry }).toEqual({ code, retry: http >= 500 || http === 429 });
      expect({ code, loud: http >= 500 }).toEqual({
        code,
        loud: log === 'warn' || log === 'error',
      });
    }
  });

  test('the error frame admits every code and no other', () => {
    const validator = Schema.Compile(FRAMES.error);
    const frame = (code: string) => ({ type: 'error', code, message: 'm', retryable: false });
    expect(codes.every((code) => validator.Check(frame(code)))).toBe(true);
    expect(validator.Check(frame('no_such_code'))).toBe(false);
  });

  test('whatever is thrown becomes an error of the table that says nothing of the inside', async () => {
    const own = new AppError('bad_seq', 'beyond');
    expect(toAppError(own)).toBe(own);
    expect(toAppError(Object.assign(new Error('secret'), { code: '57P01' })).code).toBe(
      'unavailable',
    );
    const gone = new pg.Pool();
    await gone.end();
    expect(toAppError(await gone.query('SELECT 1').catch((error) => error)).code).toBe(
      'unavailable',
    );
    const unknown = toAppError(new Error('password=hunter2'));
    expect(unknown).toMatchObject({ code: 'internal', spec: ERRORS.internal });
    expect(unknown.message).not.toContain('hunter2');
  });
});

describe('close codes', () => {
  test('[E5] every code says what to do, and one that nobody knows means to back off', () => {
    for (const [code, { action }] of Object.entries(CLOSE_CODES))
      expect(closeAction(Number(code))).toBe(action);
    for (const code of [0, 1005, 1006, 3000, 4999, Number.NaN])
      expect(closeAction(code)).toBe('backoff');
  });

  test('a client does not come back by itself after its own mistake, and does after the server’s', () => {
    const stops = Object.keys(CLOSE_CODES).filter((code) => closeAction(Number(code)) === 'stop');
    expect(stops.map(Number)).toEqual([1000, 1002, 1003, 1007, 1008, 1009, 4400, 4403, 4409, 4410]);
    expect(closeAction(4401)).toBe('renew');
    expect([1001, 1012, 4408, 4451].map(closeAction)).toEqual(Array(4).fill('resume'));
  });

  test('reasons are distinct and fit into a close frame', () => {
    const reasons = Object.values(CLOSE_CODES).map(({ reason }) => reason);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons.every((reason) => Buffer.byteLength(reason) <= 123)).toBe(true);
  });

  test('the close frame admits the codes of the table and no other', () => {
    const validator = Schema.Compile(FRAMES.close);
    const frame = (code: number) => ({ type: 'close', code, reason: 'r' });
    expect(Object.keys(CLOSE_CODES).every((code) => validator.Check(frame(Number(code))))).toBe(
      true,
    );
    expect(validator.Check(frame(4999))).toBe(false);
  });
});
