import { expect, test } from '@jest/globals';
import { hashPassword, verifyPassword } from '../../../src/modules/accounts/passwords.js';

test('another password does not match, nor does the same in other capitals', async () => {
  const hash = await hashPassword('correct horse');
  expect(await verifyPassword('wrong horse', hash)).toBe(false);
  expect(await verifyPassword('Correct horse', hash)).toBe(false);
  expect(await verifyPassword('', hash)).toBe(false);
});

test.each(['', 'scrypt', 'scrypt$65536', 'scrypt$65536$c2FsdA', 'plain text'])(
  'what is no hash (%j) matches nothing',
  async (hash) => {
    expect(await verifyPassword('anything', hash)).toBe(false);
  },
);

test('the password itself matches', async () => {
  expect(await verifyPassword('correct horse', await hashPassword('correct horse'))).toBe(true);
});

test('a letter typed as one code point or as two is the same letter', async () => {
  expect(await verifyPassword('cafe\u0301', await hashPassword('caf\u00e9'))).toBe(true);
});

test('equal passwords have different hashes, and neither shows the password', async () => {
  const [one, other] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
  expect(one).not.toBe(other);
  expect(one).toMatch(/^scrypt\$65536\$[\w-]{22}\$[\w-]{43}$/);
});
