import { findDuplicates } from './duplicated.js';
import type { Check, Evidence, Violation } from './evidence.js';
import { findFalseAcks } from './false-acks.js';
import { findUnhealthy } from './health.js';
import { findHoles } from './holes.js';
import { findLost } from './lost.js';
import { findLostTails } from './lost-tail.js';
import { findReorderings } from './reordered.js';
import { findStuckPresence } from './stuck-presence.js';
import { findUnanswered } from './unanswered.js';

const CHECKS: readonly Check[] = [
  findLost,
  findLostTails,
  findUnanswered,
  findDuplicates,
  findReorderings,
  findHoles,
  findFalseAcks,
  findStuckPresence,
  findUnhealthy,
];

/** Every breach of a promise that the evidence shows. */
export function check(evidence: Evidence): Violation[] {
  return CHECKS.flatMap((find) => [...find(evidence)]);
}
