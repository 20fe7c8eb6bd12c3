import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DurableFrame, Frame, FrameOf, FrameType } from '../../src/protocol/frames.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openSupport,
  type Person,
} from '../support/people.js';

/** One end of a connection, whatever it runs over. */
export interface Peer {
  readonly frames: readonly Frame[];
  readonly closed: Promise<{ code: number; reason: string }>;
  frame<T extends FrameType>(type: T, test?: (frame: FrameOf<T>) => boolean): Promise<FrameOf<T>>;
  /** Sends a command that carries an `id`; resolves with what it is answered with. */
  ask(command: { readonly id: string; readonly [field: string]: unknown }): Promise<Frame>;
  /** Sends a command that nobody answers. */
  say(command: object): Promise<void>;
  close(): Promise<void>;
}

export interface PeerOptions {
  readonly token: string;
  readonly conversationId?: string;
  readonly after?: string;
}

export interface Traits {
  /** The server holds the connection, so that what is not durable reaches its peer at any time. */
  readonly isHeld: boolean;
}

export function transportContract(
  name: string,
  open: (url: string, options: PeerOptions) => Promise<Peer>,
  { isHeld }: Traits = { isHeld: true },
): void {
  describe(`the protocol over ${name}`, () => {
    let database: TestDatabase;
    let node: TestNode;
    let business: Business;
    let customer: Person;
    let agent: Person;
    let conversationId: string;

    beforeAll(async () => {
      database = await cloneDatabase();
      node = await startNode({ databaseUrl: database.url });
      business = await createBusiness(node.database);
      customer = await meet(node.url, { name: 'Amara Osei' });
      agent = await meetAgent(node.url, business);
      conversationId = (await openSupport(node.url, customer, business)).id;
    });
    afterAll(async () => {
      await node.stop();
      await database.drop();
    });

    /** Ready: what is sent earlier lies before the session's position, and does not come live. */
    const ready = async (options: PeerOptions) => {
      const peer = await open(node.url, options);
      await peer.frame('ready');
      return peer;
    };
    const join = (who: Person, after?: string) =>
      ready({ token: who.token, conversationId, ...(after !== undefined && { after }) });
    const numbers = ({ frames }: Peer) =>
      frames.filter(isDurable).map(({ changeSeq }) => changeSeq);

    test('[E6] a command for what the caller may not see is refused, and the connection stays', async () => {
      const stranger = await meet(node.url);
      const peer = await open(node.url, { token: stranger.token });
      const command = { type: 'message', id: '1', conversationId, body: 'let me in' };
      expect(await peer.ask(command)).toMatchObject({ type: 'error', id: '1', code: 'not_found' });
      expect(await peer.ask({ type: 'ping', id: '2' })).toEqual({ type: 'pong', id: '2' });
      await peer.close();
    });

    test('[E1] a bad frame is answered and has no effect', async () => {
      const peer = await join(customer);
      expect(await peer.ask({ type: 'message', id: '1' })).toMatchObject({ code: 'bad_frame' });
      await peer.close();
    });

    test('[C7] [R2] [O4] `ready` comes first, then what was missed in brackets', async () => {
      const peer = await join(customer, '0');
      const done = await peer.frame('replay', ({ done }) => done);
      const types = peer.frames.map(({ type }) => type);
      expect(types[0]).toBe('ready');
      expect(types.indexOf('replay')).toBe(1);
      expect(types.filter((type) => type === 'conversation' || type === 'participant')).toEqual([
        'conversation',
        'participant',
      ]);
      expect((await peer.frame('ready')).position).toBe(0);
      expect(done).toMatchObject({ conversationId, from: 0 });
      await peer.close();
    });

    test('[R7] [S1] [O1] what is sent afterwards comes live to everybody, also to its sender', async () => {
      const [mine, theirs] = [await join(customer), await join(agent)];
      const ack = await mine.ask({ type: 'message', id: '1', body: 'Hello?' });
      expect(ack).toMatchObject({ type: 'ack', id: '1', conversationId, duplicate: false });
      for (const peer of [mine, theirs]) {
        const message = await peer.frame('message');
        expect(message).toMatchObject({ body: 'Hello?', senderId: customer.id });
        expect((await peer.frame('ready')).position).toBe(message.changeSeq - 1);
        if (isHeld) expect(peer.frames.some(({ type }) => type === 'replay')).toBe(false);
        expect(numbers(peer)).toEqual([message.changeSeq]);
      }
      await Promise.all([mine.close(), theirs.close()]);
    });

    test('[S2] a repeat is answered with the place of the first', async () => {
      const peer = await join(customer);
      const command = { type: 'message', clientId: 'again', body: 'Once.' };
      const first = (await peer.ask({ ...command, id: '1' })) as FrameOf<'ack'>;
      const second = (await peer.ask({ ...command, id: '2' })) as FrameOf<'ack'>;
      expect(second).toEqual({ ...first, id: '2', duplicate: true });
      await peer.close();
    });

    test('[R1] whoever comes back with a cursor gets what was missed, once, and is live again', async () => {
      const before = await join(customer);
      const { cursor, position } = await before.frame('ready');
      await before.close();
      const other = await join(agent);
      const missed = (await other.ask({
        type: 'message',
        id: '1',
        body: 'You left',
      })) as FrameOf<'ack'>;
      const back = await join(customer, cursor);
      const done = await back.frame('replay', ({ done }) => done);
      const live = (await other.ask({
        type: 'message',
        id: '2',
        body: 'Welcome',
      })) as FrameOf<'ack'>;
      await back.frame('message', ({ seq }) => seq === live.seq);
      const ready = await back.frame('ready');
      expect([ready.position, done.from, done.to]).toEqual([position, position, live.seq - 1]);
      expect(numbers(back).filter((n) => n >= missed.seq)).toEqual([missed.seq, live.seq]);
      await Promise.all([back.close(), other.close()]);
    });

    test('[R9] a cursor of the other kind of session is refused', async () => {
      const user = await open(node.url, { token: customer.token });
      const { cursor } = await user.frame('ready');
      const failed = await open(node.url, { token: customer.token, conversationId, after: cursor });
      expect(await failed.frame('error')).toMatchObject({ code: 'bad_cursor' });
      expect((await failed.closed).code).toBe(4400);
      await user.close();
    });

    if (!isHeld) return;

    test('[P1] typing reaches the others and not the connection that sent it', async () => {
      const [mine, theirs] = [await join(customer), await join(agent)];
      // What is not durable reaches who is live, and that begins after the snapshot of presence.
      await theirs.frame('status', (status) => 'businessId' in status);
      await mine.say({ type: 'typing' });
      await mine.say({ type: 'typing', active: false });
      const mineOf = ({ userId }: FrameOf<'typing'>) => userId === customer.id;
      expect(await theirs.frame('typing', mineOf)).toMatchObject({
        active: true,
        name: 'Amara Osei',
      });
      await theirs.frame('typing', ({ active }) => !active);
      await mine.ask({ type: 'ping', id: '1' });
      expect(mine.frames.filter(({ type }) => type === 'typing')).toEqual([]);
      await Promise.all([mine.close(), theirs.close()]);
    });

    test('[P3] [P4] who is there is told at once, and when it changes', async () => {
      const guest = await meet(node.url);
      const { id } = await openSupport(node.url, guest, business);
      const enter = ({ token }: Person) => ready({ token, conversationId: id });
      const theirs = await enter(agent);
      const of = (status: string) => (frame: FrameOf<'status'>) =>
        'userId' in frame && frame.userId === guest.id && frame.status === status;
      await theirs.frame('status', of('offline'));
      await theirs.frame('status', (frame) => 'businessId' in frame && frame.status === 'online');
      const mine = await enter(guest);
      await theirs.frame('status', of('online'));
      await mine.say({ type: 'status', status: 'away' });
      await theirs.frame('status', of('away'));
      await Promise.all([mine.close(), theirs.close()]);
    });

    test('[P6] receipts rise for everybody and never fall', async () => {
      const [mine, theirs] = [await join(customer), await join(agent)];
      const first = (await theirs.ask({
        type: 'message',
        id: '1',
        body: 'Read this',
      })) as FrameOf<'ack'>;
      const { seq } = (await theirs.ask({
        type: 'message',
        id: '2',
        body: 'and this',
      })) as FrameOf<'ack'>;
      await mine.say({ type: 'delivered', seq });
      await mine.say({ type: 'read', seq: first.seq });
      await mine.say({ type: 'read', seq });
      await mine.say({ type: 'read', seq: first.seq });
      await mine.ask({ type: 'ping', id: '3' });
      const ofMine = ({ userId, readSeq }: FrameOf<'receipt'>) =>
        userId === customer.id && readSeq === seq;
      expect(await theirs.frame('receipt', ofMine)).toMatchObject({ deliveredSeq: seq });
      const marks = theirs.frames.flatMap((frame) =>
        frame.type === 'receipt' && frame.userId === customer.id ? [frame.readSeq] : [],
      );
      expect(marks).toEqual([...marks].sort((a, b) => a - b));
      await Promise.all([mine.close(), theirs.close()]);
    });

    test('[H5] [E9] a token of somebody else closes the connection, with the code', async () => {
      const peer = await join(customer);
      await peer.say({ type: 'auth', token: agent.token });
      expect(await peer.closed).toEqual({ code: 4403, reason: 'forbidden' });
    });

    test('[E9] a node that stops says when to come back, and closes with 1012', async () => {
      const leaving = await startNode({ databaseUrl: database.url, env: { DRAIN_MS: '20' } });
      const peer = await open(leaving.url, { token: customer.token, conversationId });
      await peer.frame('ready');
      await leaving.stop();
      const { inMs } = await peer.frame('reconnect');
      expect(inMs).toBeLessThan(20);
      expect(await peer.closed).toEqual({ code: 1012, reason: 'restart' });
    });
  });
}

const isDurable = (frame: Frame): frame is DurableFrame =>
  frame.type === 'message' || frame.type === 'participant' || frame.type === 'conversation';
