import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { endOfTurn, laneFor } from '../../src/realtime/flush.js';
import { turn } from './fakes.js';

let now = 0;

beforeAll(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterAll(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

function pass(ms: number): void {
  now += ms;
  jest.advanceTimersByTime(ms);
}

/** Queues that write for a millisecond each, and the order in which they were flushed. Nobody rests any more. */
function setUp() {
  pass(1_000);
  const flushed: string[] = [];
  const queue = (name: string) => ({
    flush: () => {
      flushed.push(name);
      now += 1;
    },
  });
  return { flushed, queue };
}

describe('lanes of flushing', () => {
  test('few receivers, rooms and crowds have lanes of their own', () => {
    expect([1, 20, 21, 250, 251].map((receivers) => laneFor(receivers).rank)).toEqual([
      0, 0, 1, 1, 2,
    ]);
    expect(laneFor(1)).toBe(endOfTurn);
  });

  test.each([1, 100, 1_000])(
    'what goes to %i leaves at the end of its turn when nothing went before',
    async (receivers) => {
      const { flushed, queue } = setUp();
      laneFor(receivers).add(queue('a'));
      for (let steps = 0; steps < 5; steps++) await null;
      expect(flushed).toEqual([]);
      await turn();
      expect(flushed).toEqual(['a']);
    },
  );

  test('a lane rests three times as long as its writes took, and nobody else with it', async () => {
    const { flushed, queue } = setUp();
    const [room, crowd] = [laneFor(100), laneFor(1_000)];
    for (const name of ['a', 'b']) room.add(queue(name));
    await turn();
    room.add(queue('c'));
    crowd.add(queue('crowd'));
    endOfTurn.add(queue('answer'));
    await turn();
    expect(flushed).toEqual(['a', 'b', 'crowd', 'answer']);
    pass(5);
    room.add(queue('d'));
    expect(flushed).toHaveLength(4);
    pass(1);
    expect(flushed.slice(4)).toEqual(['c', 'd']);
  });

  test('no rest is longer than 15 ms', async () => {
    const { flushed, queue } = setUp();
    const crowd = laneFor(1_000);
    for (let n = 0; n < 100; n++) crowd.add(queue('first'));
    await turn();
    crowd.add(queue('second'));
    pass(14);
    expect(flushed).not.toContain('second');
    pass(1);
    expect(flushed).toContain('second');
  });

  test('answers go out between the slices of a crowd, and its next round begins after the one that is on its way', async () => {
    const { flushed, queue } = setUp();
    const crowd = laneFor(1_000);
    for (let n = 0; n < 600; n++) crowd.add(queue(n < 250 ? 'one' : n < 500 ? 'two' : 'three'));
    await turn();
    crowd.add(queue('next'));
    endOfTurn.add(queue('answer'));
    for (let turns = 0; turns < 4; turns++) await turn();
    pass(15);
    const order = flushed.filter((name, index) => name !== flushed[index - 1]);
    expect(order).toEqual(['one', 'two', 'answer', 'three', 'next']);
  });
});
