import { expect, test } from '@jest/globals';
import { FAULTS } from './faults/index.js';
import { planFaults } from './schedule.js';

test('a seed decides the whole plan, and another seed makes another one', () => {
  expect(planFaults(1, 600)).toEqual(planFaults(1, 600));
  expect(planFaults(1, 600)).not.toEqual(planFaults(2, 600));
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'seed %i: ten minutes have at least twenty faults, two have about six, Redis and PostgreSQL among them',
  (seed) => {
    const [long, short] = [planFaults(seed, 600), planFaults(seed, 120)];
    const groups = new Set(short.map(({ name }) => FAULTS[name].group));
    expect(long.length).toBeGreaterThanOrEqual(20);
    expect(short).toHaveLength(6);
    expect([...groups].sort()).toEqual(['network', 'node', 'postgres', 'redis']);
  },
);

test('every fault there is comes within half an hour', () => {
  const names = new Set(planFaults(1, 1_800).map(({ name }) => name));
  expect([...names].sort()).toEqual(Object.keys(FAULTS).sort());
});
