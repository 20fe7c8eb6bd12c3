import { describe, expect, test } from '@jest/globals';
import { encode } from '../../src/realtime/encoded.js';
import { laneFor } from '../../src/realtime/flush.js';
import { durable, FakeLink, fakeMessage, fakeSession, turn } from './fakes.js';

const typing = () => Object.assign(encode({ type: 'pong', id: 'ephemeral' }), { ephemeral: true });
const KIB = 1_024;

describe('a session', () => {
  test('[C7] sends `ready` and the catch-up before anything that was pushed meanwhile', async () => {
    const { session, link } = fakeSession({ opening: true });
    session.push(durable(fakeMessage(7)));
    session.send({ type: 'pong', id: 'ready' });
    session.push(durable(fakeMessage(8)));
    await turn();
    expect(link.frames).toEqual([{ type: 'pong', id: 'ready' }]);
    session.send({ type: 'pong', id: 'caught up' });
    session.goLive();
    session.push(durable(fakeMessage(9)));
    await turn();
    expect(
      link.frames.map((frame) => ('changeSeq' in frame ? frame.changeSeq : frame.type)),
    ).toEqual(['pong', 'pong', 7, 8, 9]);
  });

  test('that parts still gets what is due, and no close', async () => {
    const { session, link } = fakeSession();
    let ends = 0;
    session.onEnd = () => {
      ends += 1;
    };
    session.push(durable(fakeMessage(1)));
    session.part();
    expect(link.frames.map(({ type }) => type)).toEqual(['message']);
    session.push(durable(fakeMessage(2)));
    session.part();
    await turn();
    expect([link.frames.length, link.closedWith, ends, session.isOpen]).toEqual([
      1,
      null,
      1,
      false,
    ]);
  });

  test('writes what one turn brings in one write', async () => {
    const { session, link } = fakeSession();
    for (let n = 1; n <= 5; n++) session.push(durable(fakeMessage(n)));
    await turn();
    session.push(durable(fakeMessage(6)));
    await turn();
    expect(link.writes.map(({ length }) => length)).toEqual([5, 1]);
  });

  test('an answer that follows in the promises of the turn shares the write', async () => {
    const { session, link } = fakeSession();
    session.push(durable(fakeMessage(1)));
    for (let steps = 0; steps < 5; steps++) await null;
    session.send({ type: 'ping', heads: [] });
    await turn();
    expect(link.writes.map(({ length }) => length)).toEqual([2]);
  });

  test('an answer does not wait with what goes to a crowd, and takes it along in order', async () => {
    const crowds = laneFor(1_000);
    for (let n = 0; n < 250; n++) crowds.add({ flush: () => {} });
    const { session, link } = fakeSession();
    session.push(durable(fakeMessage(1)), crowds);
    session.send({ type: 'pong' });
    session.push(durable(fakeMessage(2)), crowds);
    await turn();
    expect(link.writes.map((frames) => frames.map(({ type }) => type))).toEqual([
      ['message', 'pong', 'message'],
    ]);
    await turn();
    expect(link.writes).toHaveLength(1);
  });

  test('[E8] a peer that does not read loses what nobody misses first', async () => {
    const { session, link } = fakeSession();
    link.backlog = 257 * KIB;
    session.push(typing());
    session.push(durable(fakeMessage(1)));
    await turn();
    expect(link.frames.map(({ type }) => type)).toEqual(['message']);
    expect(session.isOpen).toBe(true);
    link.backlog = 0;
    session.push(typing());
    await turn();
    expect(link.frames.map(({ type }) => type)).toEqual(['message', 'pong']);
  });

  test('[E8] a peer that owes more than 1 MiB is closed with 4450', async () => {
    const { session, link } = fakeSession();
    link.backlog = 1_024 * KIB;
    session.push(durable(fakeMessage(1)));
    await turn();
    expect(link.closedWith).toBeNull();
    link.backlog += 1;
    session.push(durable(fakeMessage(2)));
    await turn();
    expect(link.closedWith).toBe(4450);
    expect(session.isOpen).toBe(false);
  });

  test('[E8] what a full link does not take waits here, in writes of at most 16 KiB, and counts as owed', async () => {
    const { session, link } = fakeSession();
    link.isFull = true;
    const long = durable({ ...fakeMessage(1), body: 'x'.repeat(4 * KIB) });
    for (let n = 0; n < 200; n++) session.push(long);
    await turn();
    expect(link.writes.map(({ length }) => length)).toEqual([3]);
    link.drain();
    expect(link.writes.map(({ length }) => length)).toEqual([3, 3]);
    session.push(typing());
    expect(session.isOpen).toBe(true);
    for (let n = 0; n < 60; n++) session.push(long);
    expect(link.closedWith).toBe(4450);
    link.drain();
    await turn();
    expect(link.frames).toHaveLength(6);
  });

  test('[E8] a link that drains gets everything in order, but for what nobody misses', async () => {
    const { session, link } = fakeSession();
    link.isFull = true;
    const long = (n: number) => durable({ ...fakeMessage(n), body: 'x'.repeat(4 * KIB) });
    for (let n = 1; n <= 80; n++) session.push(long(n));
    await turn();
    session.push(typing());
    link.isFull = false;
    link.drain();
    session.push(typing());
    await turn();
    const numbers = link.frames.map((frame) =>
      'changeSeq' in frame ? frame.changeSeq : frame.type,
    );
    expect(numbers).toEqual([...Array.from({ length: 80 }, (_, n) => n + 1), 'pong']);
  });

  test('tells when its peer has taken everything, or is gone', async () => {
    const { session, link } = fakeSession();
    const told: string[] = [];
    link.isFull = true;
    session.push(durable(fakeMessage(1)));
    const tell = (what: string) => session.drained().then(() => told.push(what));
    const first = tell('drained');
    await turn();
    expect(told).toEqual([]);
    link.drain();
    await first;
    session.push(durable(fakeMessage(2)));
    const second = tell('gone');
    session.end(4403);
    await second;
    await tell('gone already');
    expect(told).toEqual(['drained', 'gone', 'gone already']);
  });

  test('[E8] one that does not become live in time does not gather more than 1 MiB either', () => {
    const { session, link } = fakeSession({ opening: true });
    const long = durable({ ...fakeMessage(1), body: 'x'.repeat(16 * KIB) });
    for (let n = 0; n < 62; n++) session.push(long);
    expect(link.closedWith).toBeNull();
    session.push(long);
    expect(link.closedWith).toBe(4450);
  });

  test('ends once, with what was still to be said, and is silent afterwards', async () => {
    const { session, link } = fakeSession();
    let ends = 0;
    session.onEnd = () => ends++;
    session.send({ type: 'pong', id: 'last' });
    session.end(4403);
    session.end(1011);
    session.finish();
    session.send({ type: 'pong' });
    session.push(durable(fakeMessage(1)));
    session.beat();
    await turn();
    expect(link.frames).toEqual([{ type: 'pong', id: 'last' }]);
    expect(link.closedWith).toBe(4403);
    expect([ends, link.beats]).toEqual([1, 0]);
  });

  test('whose peer left by itself is not closed again', () => {
    const { session, link } = fakeSession();
    session.finish();
    session.end(1011);
    expect(link.closedWith).toBeNull();
  });

  test('[H2] its place in the own stream stops before a hole, and what comes is passed on all the same', async () => {
    const { session, link } = fakeSession();
    session.userPosition = 4;
    for (const userSeq of [5, 7, 8]) session.pushOwn(encode({ type: 'pong' }), userSeq);
    await turn();
    expect(session.userPosition).toBe(5);
    expect(link.frames).toHaveLength(3);
  });

  test('a link that keeps nothing alive is asked for nothing', () => {
    const link = new FakeLink();
    Object.defineProperty(link, 'beat', { value: undefined });
    expect(() => fakeSession({ link }).session.beat()).not.toThrow();
  });
});
