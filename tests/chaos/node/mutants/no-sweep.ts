import type { Wrappers } from '../../../../src/app.js';
import { overlay } from '../overlay.js';

/** The sweep runs and finds nothing. */
export function noSweep(): Partial<Wrappers> {
  return { log: (log) => overlay(log, { changed: async () => [] }) };
}
