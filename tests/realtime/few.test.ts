import { describe, expect, test } from '@jest/globals';
import { excluding, type Few, including, membersOf } from '../../src/realtime/few.js';

const of = (...members: string[]) =>
  members.reduce<Few<string>>((few, member) => including(few, member), undefined);

describe('a set of few', () => {
  test('has each member once, in the order in which they came', () => {
    for (const members of [[], ['a'], ['a', 'a'], ['b', 'a', 'c', 'a']])
      expect([...membersOf(of(...members))]).toEqual([...new Set(members)]);
  });

  test('loses one member and keeps the others', () => {
    expect([...membersOf(excluding(of('a', 'b', 'c'), 'b'))]).toEqual(['a', 'c']);
    expect([...membersOf(excluding(of('a'), 'b'))]).toEqual(['a']);
    expect([...membersOf(excluding(of('a', 'b'), 'c'))]).toEqual(['a', 'b']);
  });

  test('is nothing once its last member is gone', () => {
    expect(excluding(of('a'), 'a')).toBeUndefined();
    expect(excluding(excluding(of('a', 'b'), 'a'), 'b')).toBeUndefined();
    expect(excluding(undefined, 'a')).toBeUndefined();
  });

  test('stays the same set while it is large, for those who are going through it', () => {
    const crowd = of('a', 'b', 'c');
    const going = membersOf(crowd)[Symbol.iterator]();
    going.next();
    excluding(excluding(crowd, 'b'), 'c');
    expect(going.next().done).toBe(true);
  });
});
