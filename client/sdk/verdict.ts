import { CLOSE_CODES, type CloseAction, type CloseCode, closeAction } from '@protocol/close-codes';
import { toChatError } from './errors';

/** What to do next about a connection that is not there. */
export type Verdict =
  | { readonly do: 'open' }
  | { readonly do: 'stop'; readonly reason: string }
  | { readonly do: 'renew'; readonly reason: string }
  | {
      readonly do: 'wait';
      readonly reason: string;
      readonly action: CloseAction;
      readonly code: number;
      readonly retryAfterMs: number | null;
    };

const ABNORMAL = 1006;
const STOPPING = [401, 403, 404];

/** Whether the number itself says why; a refused handshake and a cut cable do not. */
export const isExplained = (code: number): code is CloseCode => code in CLOSE_CODES;

export function retry(
  reason: string,
  code: number = ABNORMAL,
  after: number | null = null,
): Verdict {
  return { do: 'wait', reason, code, action: closeAction(code), retryAfterMs: after };
}

export function verdictOfClose(code: number): Verdict {
  const reason = isExplained(code) ? CLOSE_CODES[code].reason : 'network';
  const action = closeAction(code);
  return action === 'stop' || action === 'renew' ? { do: action, reason } : retry(reason, code);
}

/** `fresh`: the token was renewed since the last good connection, so another refusal is final. */
export function verdictOfRefusal(cause: unknown, fresh: boolean): Verdict {
  const { status, code, retryAfterMs } = toChatError(cause);
  if (status === 401 && !fresh) return { do: 'renew', reason: code };
  if (STOPPING.includes(status)) return { do: 'stop', reason: code };
  return retry(code, ABNORMAL, retryAfterMs);
}
