import type { ConnectionSnapshot } from '../../sdk';

const REFUSALS: readonly string[] = ['token_expired', 'unauthorized', 'forbidden'];

/** The server will not take this token again: only signing in helps. */
export function isRefused({ state, reason }: ConnectionSnapshot): boolean {
  return state === 'closed' && reason !== null && REFUSALS.includes(reason);
}
