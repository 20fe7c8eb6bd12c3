import type { Wrappers } from '../../../src/app.js';
import type { Store } from '../../../src/modules/messages/index.js';
import { overlay } from './overlay.js';

type StoreSends = Store['full'];

/** Where a node can be told to die. */
export const KILL_POINTS = [
  'before-sql',
  'between-commit-and-ack',
  'between-commit-and-publish',
  'mid-replay',
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

/** The acknowledgement leaves within this, so that nobody repeats what nobody was told. */
const LAST_WORDS_MS = 30;

export interface KillPoints {
  arm(point: KillPoint): void;
  readonly wrappers: Wrappers;
}

/** Ports of the node that end the process at the armed point: by SIGKILL, so that nothing is tidied up. */
export function createKillPoints(): KillPoints {
  let armed: KillPoint | undefined;
  const dieAt = (point: KillPoint) => {
    if (armed === point) die();
  };
  const around =
    (store: StoreSends): StoreSends =>
    async (sends) => {
      dieAt('before-sql');
      const results = await store(sends);
      if (results.some(Boolean)) dieAt('between-commit-and-ack');
      return results;
    };
  return {
    arm: (point) => {
      armed = point;
    },
    wrappers: {
      store: ({ quick, full }) => ({ quick: around(quick), full: around(full) }),
      bus: (bus) =>
        overlay(bus, {
          publish: (envelope) => {
            const isUnheard =
              armed === 'between-commit-and-publish' && envelope.changeSeq !== undefined;
            if (isUnheard) setTimeout(die, LAST_WORDS_MS);
            else bus.publish(envelope);
          },
        }),
      log: (log) =>
        overlay(log, {
          read: async (id, after, limit) => {
            const slice = await log.read(id, after, limit);
            if (armed === 'mid-replay' && slice && slice.frames.length > 1) setImmediate(die);
            return slice;
          },
        }),
    },
  };
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
