import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  createRevocationRepository,
  createRevocations,
  OWN_ISSUER,
} from '../../../src/modules/accounts/index.js';
import { type Database, openDatabase } from '../../../src/platform/database.js';
import type { TokenIdentity } from '../../../src/realtime/caller.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { silent } from '../../support/log.js';

const HOUR = 3_600_000;
let clone: TestDatabase;
let database: Database;
let time: number;

beforeAll(async () => {
  clone = await cloneDatabase();
  database = openDatabase({ url: clone.url, max: 4, log: silent });
});
beforeEach(async () => {
  time = Date.now();
  await database.pool.query('DELETE FROM "Revocation"');
});
afterAll(async () => {
  await database.close();
  await clone.drop();
});

function revocationsWith(maxLifetimeS?: number) {
  const repository = createRevocationRepository(database.prisma);
  return createRevocations({ repository, maxLifetimeS, clock: { now: () => time } });
}

const revoke = (kind: string, value: string, issuer = 'id', ago = 0) =>
  database.pool.query('SELECT chat_revoke($1, $2, $3, $4)', [
    issuer,
    kind,
    value,
    new Date(time - ago),
  ]);

const token = (overrides: Partial<TokenIdentity> = {}): TokenIdentity => ({
  issuer: 'id',
  subject: 's',
  issuedAt: time - HOUR,
  sid: null,
  jti: null,
  ...overrides,
});

test('what is revoked is refused, of this issuer and no other', async () => {
  const { read, isRevoked } = revocationsWith();
  await revoke('subject', 's');
  await revoke('sid', 'login');
  await revoke('jti', 'one');
  await revoke('all', '', 'broken');
  await read();
  const after = time + 1;
  const refused = [
    token(),
    token({ subject: 'x', sid: 'login', issuedAt: after }),
    token({ subject: 'x', jti: 'one', issuedAt: after }),
    token({ issuer: 'broken', subject: 'x' }),
    token({ issuer: 'broken', issuedAt: 0 }),
  ];
  const taken = [
    token({ issuedAt: after }),
    token({ subject: 'x', sid: 'other', jti: 'other' }),
    token({ subject: 'login' }),
    token({ issuer: 'broken', issuedAt: after }),
    token({ issuer: 'other', sid: 'login', jti: 'one' }),
  ];
  expect(refused.map(isRevoked)).toEqual(refused.map(() => true));
  expect(taken.map(isRevoked)).toEqual(taken.map(() => false));
});

test('a second revocation moves the time forward, and an earlier time does not move it back', async () => {
  const { read, isRevoked } = revocationsWith();
  const between = token({ issuedAt: time - 1_000 });
  await revoke('subject', 's', 'id', 2_000);
  await read();
  expect(isRevoked(between)).toBe(false);
  await revoke('subject', 's');
  await read();
  expect(isRevoked(between)).toBe(true);
  await revoke('subject', 's', 'id', HOUR);
  await read();
  expect(isRevoked(between)).toBe(true);
});

test('a row that is committed late is found', async () => {
  const { read, isRevoked } = revocationsWith();
  const late = new pg.Client({ connectionString: clone.url });
  await late.connect();
  await late.query('BEGIN');
  await late.query("SELECT chat_revoke('id', 'sid', 'late')");
  await revoke('sid', 'early');
  await read();
  expect(isRevoked(token({ sid: 'early' }))).toBe(true);
  await late.query('COMMIT');
  await late.end();
  await read();
  expect(isRevoked(token({ sid: 'late' }))).toBe(true);
});

test('who asks while a reading is under way gets one that began later', async () => {
  const { read, isRevoked } = revocationsWith();
  const earlier = read();
  await revoke('sid', 'login');
  await Promise.all([read(), read()]);
  expect(isRevoked(token({ sid: 'login' }))).toBe(true);
  await earlier;
});

test('within the hour it is forgotten when it was deleted by hand', async () => {
  const { read, isRevoked } = revocationsWith();
  await revoke('sid', 'login');
  await read();
  await database.pool.query('DELETE FROM "Revocation"');
  time += HOUR;
  await read();
  expect(isRevoked(token({ sid: 'login' }))).toBe(false);
});

test.each([
  ['no limit: of others for ever', undefined, ['others']],
  ['a limit of a day', 86_400, ['others']],
  ['a limit of a minute: as long as our own', 60, []],
])('rows outlive every token that they concern, with %s', async (_how, maxLifetimeS, kept) => {
  await revoke('sid', 'ours', OWN_ISSUER);
  await revoke('sid', 'others');
  const sids = async () => {
    const { rows } = await database.pool.query('SELECT "value" FROM "Revocation" ORDER BY 1');
    return rows.map(({ value }) => value);
  };
  time += 12 * HOUR;
  await revocationsWith(maxLifetimeS).read();
  expect(await sids()).toEqual(['others', 'ours']);
  time += 2 * 60_000;
  await revocationsWith(maxLifetimeS).read();
  expect(await sids()).toEqual(kept);
});

test.each([
  ['subjct', 's'],
  ['subject', ''],
  ['all', 's'],
])('a row that would revoke nothing is refused: %s "%s"', async (kind, value) => {
  await expect(revoke(kind, value)).rejects.toThrow(/Revocation_kind_check/);
});
