import { expect, test } from '@jest/globals';
import { Lease, type LeaseStore } from '../../src/realtime/lease.js';
import { silent } from '../support/log.js';

test('a lease that cannot be renewed or released changes nothing and ends nothing', async () => {
  const away = () => Promise.reject(new Error('The database is away'));
  const changes: boolean[] = [];
  const store: LeaseStore = { renew: away, release: away };
  const lease = new Lease({
    store,
    id: 'n',
    sharesBus: false,
    intervalMs: 60_000,
    logger: silent,
    changed: (isApart) => changes.push(isApart),
  });
  await lease.start();
  await lease.stop();
  expect(changes).toEqual([]);
});
