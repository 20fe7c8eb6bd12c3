/**
 * What a client does about a closed connection.
 *
 * - `stop`: do not come back by yourself; say so.
 * - `resume`: come back after a random part of the reconnect window.
 * - `backoff`: come back with growing, jittered delays.
 * - `renew`: get a fresh token, then resume.
 */
export type CloseAction = 'stop' | 'resume' | 'backoff' | 'renew';

interface CloseSpec {
  readonly reason: string;
  readonly action: CloseAction;
}

/** Why connections end. A code that is not in the table means `backoff`. */
export const CLOSE_CODES = {
  1000: { reason: 'done', action: 'stop' },
  1001: { reason: 'going_away', action: 'resume' },
  1002: { reason: 'protocol_error', action: 'stop' },
  1003: { reason: 'binary_not_accepted', action: 'stop' },
  1007: { reason: 'invalid_utf8', action: 'stop' },
  1008: { reason: 'too_many_early_frames', action: 'stop' },
  1009: { reason: 'frame_too_large', action: 'stop' },
  1011: { reason: 'server_error', action: 'backoff' },
  1012: { reason: 'restart', action: 'resume' },
  1013: { reason: 'overloaded', action: 'backoff' },
  4400: { reason: 'repeated_bad_frames', action: 'stop' },
  4401: { reason: 'token_expired', action: 'renew' },
  4403: { reason: 'forbidden', action: 'stop' },
  4408: { reason: 'heartbeat_timeout', action: 'resume' },
  4409: { reason: 'too_many_connections', action: 'stop' },
  4410: { reason: 'conversation_gone', action: 'stop' },
  4429: { reason: 'rate_limited', action: 'backoff' },
  4450: { reason: 'slow_consumer', action: 'backoff' },
  4451: { reason: 'position_lost', action: 'resume' },
} as const satisfies Record<number, CloseSpec>;

export type CloseCode = keyof typeof CLOSE_CODES;

export function closeAction(code: number): CloseAction {
  return code in CLOSE_CODES ? CLOSE_CODES[code as CloseCode].action : 'backoff';
}
