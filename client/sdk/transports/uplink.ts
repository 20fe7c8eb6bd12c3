import type { Frame } from '@protocol/frames';
import { ChatError } from '../errors';
import { errorOfResponse } from '../http';
import type { LinkClose, LinkTarget } from './transport';

export interface UplinkDeps {
  readonly target: LinkTarget;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly connectionId: () => string;
  readonly onFrame: (data: string) => void;
  readonly onDead: (reason: LinkClose) => void;
}

interface Sent {
  readonly id?: string;
  readonly clientId?: string;
  readonly conversationId?: string;
}

/** What a refused POST looks like to those above: the `error` frame that a socket would have brought. */
function asErrorFrame(frame: string, error: ChatError): string {
  const { id, clientId, conversationId } = JSON.parse(frame) as Sent;
  const { code, message, retryable, retryAfterMs } = error;
  const hint = retryAfterMs === null ? {} : { retryAfterMs };
  const about = { id, clientId, conversationId };
  return JSON.stringify({ type: 'error', ...about, code, message, retryable, ...hint });
}

/** The session is refused or gone, which is not about the frame: the link ends as a socket would. */
const DEAD: Record<number, number> = { 401: 4401, 403: 4403, 404: 4408 };

/** Why a link ends whose request was refused, or got no answer at all. */
export const closeOfStatus = (status: number): LinkClose => ({
  code: DEAD[status] ?? 1006,
  clean: false,
});

/** The way up for transports that only come down: one POST at a time, so that frames keep their order. */
export function createUplink(deps: UplinkDeps): (frame: string) => void {
  const { target, fetch, signal, connectionId, onFrame, onDead } = deps;
  let last: Promise<void> = Promise.resolve();

  async function post(frame: string): Promise<void> {
    const path = `/frames?connection=${encodeURIComponent(connectionId())}`;
    const response = await fetch(target.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${target.token()}` },
      body: frame,
      signal,
    });
    if (!response.ok) throw await errorOfResponse(response);
    const { frames } = (await response.json()) as { frames: readonly Frame[] };
    for (const answer of frames) onFrame(JSON.stringify(answer));
  }

  async function deliver(frame: string): Promise<void> {
    if (signal.aborted) return;
    try {
      await post(frame);
    } catch (cause) {
      if (signal.aborted) return;
      const error =
        cause instanceof ChatError
          ? cause
          : new ChatError({ code: 'unavailable', message: String(cause), status: 0 });
      const code = DEAD[error.status];
      if (code === undefined) onFrame(asErrorFrame(frame, error));
      else onDead({ code, clean: false });
    }
  }

  return (frame) => {
    last = last.then(() => deliver(frame));
  };
}
