import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TicketStore } from '../../src/modules/accounts/tickets/index.js';

export interface TicketsUnderTest {
  /** Two nodes' views of the same tickets, or the only node twice. */
  readonly stores: readonly [TicketStore, TicketStore];
  close(): Promise<void>;
}

/** What every store of tickets promises. */
export function ticketsContract(name: string, open: () => Promise<TicketsUnderTest>): void {
  describe(`tickets in ${name}`, () => {
    let under: TicketsUnderTest;

    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    test('a ticket that nobody has put is null', async () => {
      expect(await under.stores[0].take('unknown')).toBeNull();
    });

    test('a ticket is handed out once, by whichever node is asked', async () => {
      const [one, other] = under.stores;
      await one.put('once', 'value', 30_000);
      expect(await other.take('once')).toBe('value');
      expect(await one.take('once')).toBeNull();
      expect(await other.take('once')).toBeNull();
    });

    test('of twenty who take it at once one gets it', async () => {
      const [one, other] = under.stores;
      await one.put('raced', 'value', 30_000);
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other).take('raced')),
      );
      expect(taken.filter((value) => value !== null)).toEqual(['value']);
    });

    test('tickets do not touch each other', async () => {
      const [one] = under.stores;
      await one.put('a', 'of a', 30_000);
      await one.put('b', 'of b', 30_000);
      expect([await one.take('b'), await one.take('a')]).toEqual(['of b', 'of a']);
    });

    test('a ticket past its time is gone', async () => {
      const [one] = under.stores;
      await one.put('short', 'value', 1);
      await goneBy(Date.now() + 20);
      expect(await one.take('short')).toBeNull();
    });
  });
}

/** Turns of the event loop until the time has come. */
async function goneBy(time: number): Promise<void> {
  while (Date.now() <= time) await new Promise((resolve) => setImmediate(resolve));
}
