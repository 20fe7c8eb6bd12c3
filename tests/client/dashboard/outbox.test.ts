import { expect, test } from '@jest/globals';
import { createDrafts } from '../../../client/dashboard/composer/drafts';
import { createOutbox } from '../../../client/dashboard/session/outbox';
import type { OutboxRecord } from '../../../client/sdk';

const record = (clientId: string): OutboxRecord => ({
  clientId,
  conversationId: 'c',
  body: clientId,
  replyTo: null,
  ifLastSeq: null,
  createdAt: '2026-11-20T10:00:00.000Z',
});

test('unsent messages are found again after a reload, in their order, until they are settled', async () => {
  const before = createOutbox('maya', localStorage);
  await before.save(record('a'));
  await before.save(record('b'));
  const after = createOutbox('maya', localStorage);
  expect((await after.load()).map(({ clientId }) => clientId)).toEqual(['a', 'b']);
  await after.remove('a');
  await after.remove('b');
  expect(localStorage).toHaveLength(0);
});

test('nobody finds the unsent messages of somebody else', async () => {
  await createOutbox('maya', localStorage).save(record('a'));
  expect(await createOutbox('jonas', localStorage).load()).toEqual([]);
});

test('what is no list in the storage counts as nothing', async () => {
  localStorage.setItem('servihub.outbox.maya', '{');
  expect(await createOutbox('maya', localStorage).load()).toEqual([]);
});

test('a storage that is full costs a draft only its life beyond the reload', () => {
  const full = {
    getItem: () => null,
    removeItem: () => undefined,
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };
  const drafts = createDrafts('maya', full);
  drafts.write('c', 'Half a sentence');
  expect(drafts.read('c')).toBe('Half a sentence');
});
