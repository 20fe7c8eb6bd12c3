import { expect, test } from '@jest/globals';
import { createBus, type Envelope } from '../../src/realtime/bus/index.js';
import { createMemoryBus, MemoryExchange } from '../../src/realtime/bus/memory-bus.js';
import { busContract } from '../contracts/bus.contract.js';
import { silent } from '../support/log.js';

busContract('of several nodes in one process', async () => {
  const exchange = new MemoryExchange();
  return {
    buses: [createMemoryBus(exchange), createMemoryBus(exchange)],
    release: async () => {},
  };
});

test('without Redis a node has a bus of its own, which may be closed unheard', async () => {
  const bus = createBus(undefined, { log: silent, canaryMs: 1_000 });
  await bus.close();
  const heard: Envelope[] = [];
  const health: boolean[] = [];
  await bus.subscribe(
    (envelope) => heard.push(envelope),
    (isHealthy) => health.push(isHealthy),
  );
  expect(health).toEqual([true]);
  bus.publish({ topics: [], frame: '{}' });
  expect(heard).toEqual([{ topics: [], frame: '{}' }]);
  await bus.close();
});
