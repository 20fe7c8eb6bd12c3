import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bus, Envelope } from '../../src/realtime/bus/index.js';

export interface BusPair {
  /** Two nodes of one cluster, not yet subscribed. */
  readonly buses: readonly [Bus, Bus];
  release(): Promise<void>;
}

/** What one node hears, with a way to wait for it. */
class Ear {
  readonly heard: Envelope[] = [];
  private waiting: { frame: string; resolve(): void } | null = null;

  readonly deliver = (envelope: Envelope): void => {
    this.heard.push(envelope);
    if (envelope.frame === this.waiting?.frame) this.waiting.resolve();
  };

  until(frame: string): Promise<void> {
    if (this.heard.some((envelope) => envelope.frame === frame)) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting = { frame, resolve };
    });
  }
}

let markers = 0;
const conversation = (n: number) => `6f1c0000-0000-4000-8000-${`${n}`.padStart(12, '0')}`;
const envelope = (conversationId: string, changeSeq: number): Envelope => ({
  topics: ['user:a'],
  conversationId,
  changeSeq,
  frame: JSON.stringify({ type: 'message', conversationId, changeSeq }),
});

export function busContract(name: string, setUp: () => Promise<BusPair>): void {
  describe(`a bus ${name}`, () => {
    let pair: BusPair;
    const ears = [new Ear(), new Ear()] as const;

    beforeAll(async () => {
      pair = await setUp();
      await Promise.all(pair.buses.map((bus, n) => bus.subscribe((ears[n] as Ear).deliver)));
    });
    afterAll(() => pair.release());

    /** Everything published before by this node has been heard by both. */
    const settled = async (by: 0 | 1, conversationId?: string) => {
      const frame = `"marker ${++markers}"`;
      const place = conversationId === undefined ? {} : { conversationId };
      pair.buses[by].publish({ topics: ['user:marker'], ...place, frame });
      await Promise.all(ears.map((ear) => ear.until(frame)));
    };
    const heardOf = (ear: Ear, id: string) =>
      ear.heard.filter((one) => one.conversationId === id && one.changeSeq !== undefined);

    test('serves the publisher’s own node at once', () => {
      const one = envelope(conversation(1), 1);
      pair.buses[0].publish(one);
      expect(ears[0].heard.at(-1)).toEqual(one);
    });

    test('brings an envelope to the other node once, and to its own not again', async () => {
      const one = envelope(conversation(2), 1);
      pair.buses[1].publish(one);
      await settled(1, conversation(2));
      for (const ear of ears) expect(heardOf(ear, conversation(2))).toEqual([one]);
    });

    test('keeps the order of a conversation over 1,000 envelopes and many turns', async () => {
      const id = conversation(3);
      for (let changeSeq = 1; changeSeq <= 1_000; changeSeq++) {
        pair.buses[0].publish(envelope(id, changeSeq));
        if (changeSeq % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await settled(0, id);
      const inOrder = Array.from({ length: 1_000 }, (_, n) => n + 1);
      for (const ear of ears)
        expect(heardOf(ear, id).map(({ changeSeq }) => changeSeq)).toEqual(inOrder);
    });

    test('brings what one turn published for many conversations', async () => {
      const ids = Array.from({ length: 40 }, (_, n) => conversation(100 + n));
      for (const id of ids) pair.buses[0].publish(envelope(id, 1));
      for (const id of ids) await settled(0, id);
      for (const ear of ears)
        expect(ids.map((id) => heardOf(ear, id).length)).toEqual(ids.map(() => 1));
    });

    test('changes nothing on the way, whatever the frame and the address', async () => {
      const sent: Envelope[] = [
        { topics: ['session:x'], control: true, frame: '{"op":"watch"}' },
        {
          topics: ['user:a', 'business:b'],
          conversationId: conversation(4),
          except: 'me',
          frame: '{}',
        },
        { topics: ['user:a'], changeSeq: 0, frame: '"own stream"' },
        {
          topics: [],
          conversationId: conversation(4),
          frame: JSON.stringify('line\nbreak\u2028 🙂'),
        },
      ];
      for (const one of sent) {
        pair.buses[0].publish(one);
        await settled(0);
      }
      await settled(0, conversation(4));
      for (const ear of ears) expect(ear.heard).toEqual(expect.arrayContaining(sent));
    });

    test('brings nothing more to a node that has closed it', async () => {
      await pair.buses[1].close();
      const before = ears[1].heard.length;
      const frame = '"after the end"';
      pair.buses[0].publish({ topics: ['user:a'], frame });
      pair.buses[1].publish({ topics: ['user:a'], frame: '"from the dead"' });
      await ears[0].until(frame);
      await new Promise((resolve) => setImmediate(resolve));
      expect(ears[1].heard.length).toBe(before);
      await pair.buses[0].close();
    });
  });
}
