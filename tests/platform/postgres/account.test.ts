import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { closedFolder, serverAccount } from '../../../src/platform/postgres/account.js';

const me = process.getuid?.() ?? 0;
const stranger = { name: 'stranger', uid: me + 41, gid: (process.getgid?.() ?? 0) + 41 };

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'chat-account-'));
  await chmod(base, 0o755);
  await mkdir(join(base, 'a', 'b'), { recursive: true });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await chmod(join(base, 'a'), 0o700);
  await rm(base, { recursive: true });
});

const asUser = (uid: number) =>
  jest.spyOn(process as never as { getuid(): number }, 'getuid').mockReturnValue(uid);

test('an ordinary user runs PostgreSQL as themselves', async () => {
  asUser(1000);
  expect(await serverAccount(base)).toBeNull();
});

test('root runs PostgreSQL as somebody else', async () => {
  asUser(0);
  const account = await serverAccount(join(base, 'not-there-yet'));
  expect(account?.name).toMatch(/^(postgres|nobody)$/);
  expect(account?.uid).toBeGreaterThan(0);
});

test('a folder on the way that the account cannot enter is named', async () => {
  await chmod(join(base, 'a'), 0o700);
  expect(await closedFolder(join(base, 'a', 'b'), stranger)).toBe(join(base, 'a'));
});

test('open folders, one that is not there and the absence of an account are no obstacle', async () => {
  expect(await closedFolder(join(base, 'a', 'b', 'c'), stranger)).toBeNull();
  await chmod(join(base, 'a'), 0o700);
  expect(await closedFolder(join(base, 'a'), null)).toBeNull();
});

test('what counts is the mode for the owner, else for the group, else for others', async () => {
  const owner = { name: 'owner', uid: me, gid: stranger.gid };
  const member = { name: 'member', uid: stranger.uid, gid: process.getgid?.() ?? 0 };
  await chown(join(base, 'a'), owner.uid, member.gid);
  await chmod(join(base, 'a'), 0o710);
  const closedFor = (account: typeof owner) => closedFolder(join(base, 'a'), account);
  expect(await Promise.all([owner, member, stranger].map(closedFor))).toEqual([
    null,
    null,
    join(base, 'a'),
  ]);
  await chmod(join(base, 'a'), 0o601);
  expect(await Promise.all([owner, member, stranger].map(closedFor))).toEqual([
    join(base, 'a'),
    join(base, 'a'),
    null,
  ]);
});
