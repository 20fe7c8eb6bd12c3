import { describe, expect, test } from '@jest/globals';
import type { FrameOf } from '@protocol/frames';
import type { Message } from '@protocol/resources/message';
import { type Delivery, Track } from '../../../client/sdk/track';
import { newestPage, upsert, withOlderPage } from '../../../client/sdk/window';
import { FakeServer } from '../../support/fake-server';

const model = new FakeServer().post('model');
const message = (seq: number, changeSeq = seq): Message => ({ ...model, seq, changeSeq });
const live = (seq: number, changeSeq = seq): FrameOf<'message'> => ({
  type: 'message',
  ...message(seq, changeSeq),
});
const bracket = (from: number, to: number, done: boolean): FrameOf<'replay'> => ({
  type: 'replay',
  conversationId: 'c1',
  from,
  to,
  done,
});
const numbers = ({ frames }: Delivery) => frames.map(({ changeSeq }) => changeSeq);
const fresh = (delivery: Delivery) => delivery.fresh.map(({ seq }) => seq);

describe('a track', () => {
  test('passes the next number on, drops what is known and holds what is beyond a hole', () => {
    const track = new Track(5);
    expect(numbers(track.live(live(5)))).toEqual([]);
    expect(numbers(track.live(live(7)))).toEqual([]);
    expect(track).toMatchObject({ position: 5, isBehind: true });
    expect(numbers(track.live(live(6)))).toEqual([6, 7]);
    expect(track).toMatchObject({ position: 7, isBehind: false });
  });

  test('shows a catch-up only when it is complete, ordered and each thing once', () => {
    const track = new Track(5);
    track.bracket(bracket(5, 9, false));
    track.live(live(8));
    track.live(live(2, 9));
    track.live(live(7));
    track.live(live(7));
    expect(track.position).toBe(5);
    const delivery = track.bracket(bracket(5, 9, true));
    expect(delivery.frames.map((frame) => 'seq' in frame && frame.seq)).toEqual([2, 7, 8]);
    expect(fresh(delivery)).toEqual([7, 8]);
    expect(track.position).toBe(9);
  });

  test('holds live frames that interleave with a catch-up', () => {
    const track = new Track(5);
    track.bracket(bracket(5, 7, false));
    expect(numbers(track.live(live(8)))).toEqual([]);
    track.live(live(6));
    expect(numbers(track.bracket(bracket(5, 7, true)))).toEqual([6, 8]);
    expect(track.position).toBe(8);
  });

  test('an interval without anything to see moves it, in its turn', () => {
    const track = new Track(5);
    track.bracket(bracket(6, 7, true));
    expect(track).toMatchObject({ position: 5, isBehind: true });
    track.live(live(6));
    expect(track.position).toBe(7);
    track.bracket(bracket(7, 8, true));
    expect(track.position).toBe(8);
  });

  test('such an interval within a catch-up does not end it', () => {
    const track = new Track(5);
    track.bracket(bracket(5, 7, false));
    track.bracket(bracket(7, 8, true));
    track.live(live(6));
    expect(track.position).toBe(5);
    expect(numbers(track.bracket(bracket(5, 7, true)))).toEqual([6]);
    expect(track.position).toBe(8);
  });

  test('forgets an interrupted catch-up but remembers that it is behind', () => {
    const track = new Track(5);
    track.bracket(bracket(5, 7, false));
    track.live(live(6));
    track.live(live(8));
    track.interrupt();
    expect(track).toMatchObject({ position: 5, isBehind: true });
    expect(numbers(track.live(live(6)))).toEqual([6]);
    expect(track.position).toBe(6);
  });

  test('a catch-up that began after the position does not move it, and nothing is announced twice', () => {
    const track = new Track(5);
    track.live(live(6));
    track.live(live(7));
    track.rewind(5);
    track.bracket(bracket(7, 9, false));
    track.live(live(8));
    expect(fresh(track.bracket(bracket(7, 9, true)))).toEqual([8]);
    expect(track).toMatchObject({ position: 5, isBehind: true });
    track.bracket(bracket(5, 9, false));
    for (const seq of [6, 7, 8]) track.live(live(seq));
    const delivery = track.bracket(bracket(5, 9, true));
    expect(numbers(delivery)).toEqual([6, 7, 8]);
    expect(fresh(delivery)).toEqual([]);
  });

  test('believes the end of a catch-up more than an announced head', () => {
    const track = new Track(5);
    track.head = 99;
    track.bracket(bracket(5, 6, false));
    track.bracket(bracket(5, 6, true));
    expect(track.isBehind).toBe(false);
  });
});

describe('the loaded part', () => {
  const page = (items: Message[], nextCursor: number | null) => ({ items, nextCursor, head: 99 });
  const loaded = newestPage(page([message(5), message(7)], 5));

  test('takes new messages at their place and the newest state of known ones', () => {
    const next = upsert(loaded, [message(6), message(9), message(7, 10)]);
    expect(next.messages.map(({ seq }) => seq)).toEqual([5, 6, 7, 9]);
    expect(next.messages[2]?.changeSeq).toBe(10);
    expect(upsert(next, [message(7, 8), message(6)])).toBe(next);
  });

  test('leaves out what lies before it while older ones are missing', () => {
    expect(upsert(loaded, [message(2, 11)])).toBe(loaded);
    const whole = withOlderPage(loaded, page([message(2)], null));
    expect(upsert(whole, [message(1)]).messages.map(({ seq }) => seq)).toEqual([1, 2, 5, 7]);
  });
});
