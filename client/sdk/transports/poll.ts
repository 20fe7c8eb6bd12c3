import type { Frame } from '@protocol/frames';
import { newClientId } from '../client-id';
import type { Link, LinkClose, LinkEvents, LinkTarget, Transport } from './transport';
import { closeOfStatus, createUplink } from './uplink';

interface Answer {
  readonly frames: readonly Frame[];
  readonly cursor: string | null;
}

/** A poll answers for itself; nobody waits for a `pong`. */
const PONG = '{"type":"pong"}';

/** Those above see one connection, so only the first `ready` is one; of the others the heads are news. */
function asOfOneConnection(frame: Frame): Frame {
  if (frame.type !== 'ready') return frame;
  return { type: 'ping', heads: frame.heads, more: frame.more };
}

function open(fetch: typeof globalThis.fetch, target: LinkTarget, events: LinkEvents): Link {
  const abort = new AbortController();
  const connection = newClientId();
  const end = (reason: LinkClose) => {
    if (abort.signal.aborted) return;
    abort.abort();
    events.close(reason);
  };
  const deliver = (data: string) => {
    if (!abort.signal.aborted) events.frame(data);
  };

  async function ask(after: string | null): Promise<Answer> {
    const place = after === null ? '' : `&after=${encodeURIComponent(after)}`;
    const response = await fetch(`${target.url}/poll?connection=${connection}${place}`, {
      headers: { accept: 'application/json', authorization: `Bearer ${target.token()}` },
      signal: abort.signal,
      cache: 'no-store',
    });
    if (!response.ok) end(closeOfStatus(response.status));
    return (await response.json()) as Answer;
  }
  /** Without a cursor it is answered at once. What came besides `ready` comes again, after the cursor. */
  async function begin(): Promise<string | null> {
    const { frames } = await ask(null);
    const [first] = frames;
    events.open();
    for (const frame of first?.type === 'ready' ? [first] : frames) deliver(JSON.stringify(frame));
    return target.after ?? (first?.type === 'ready' ? first.cursor : null);
  }
  async function run(): Promise<void> {
    for (let after = await begin(); !abort.signal.aborted; ) {
      const { frames, cursor } = await ask(after);
      for (const frame of frames) deliver(JSON.stringify(asOfOneConnection(frame)));
      after = cursor ?? after;
    }
  }
  run().catch(() => end(closeOfStatus(0)));

  const send = createUplink({
    target,
    fetch,
    signal: abort.signal,
    connectionId: () => connection,
    onFrame: deliver,
    onDead: end,
  });
  return {
    send: (frame) => {
      if (frame !== PONG) send(frame);
    },
    close: () => abort.abort(),
  };
}

/** For networks that let neither sockets nor streams through: requests alone. */
export function pollTransport(fetch: typeof globalThis.fetch | undefined): Transport {
  return {
    name: 'poll',
    isSupported: () => fetch !== undefined,
    open(target, events) {
      if (fetch === undefined) throw new Error('There is no fetch here');
      return open(fetch, target, events);
    },
  };
}
