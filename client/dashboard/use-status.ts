import type { Status } from '@protocol/resources/presence';
import { usePresence } from '../react';

/** Undefined while unknown: nothing is drawn rather than a guess. */
export function useStatusOf(userId: string): Status | undefined {
  return usePresence(userId)?.status;
}
