import { createSseParser } from './sse-parser';
import type { Link, LinkClose, LinkEvents, LinkTarget, Transport } from './transport';
import { createUplink } from './uplink';

const LOST: LinkClose = { code: 1006, clean: false };

function address({ url, after }: LinkTarget): string {
  return after === null ? `${url}/sse` : `${url}/sse?after=${encodeURIComponent(after)}`;
}

function connectionIdOf(data: string): string | null {
  const frame = JSON.parse(data) as { type: string; connectionId?: string };
  return frame.type === 'ready' ? (frame.connectionId ?? null) : null;
}

/** Read with fetch and not with EventSource, which can send no Authorization header. */
async function read(
  response: Response,
  onOpen: () => void,
  feed: (text: string) => void,
): Promise<void> {
  if (!response.ok || response.body === null) return;
  onOpen();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    feed(decoder.decode(part.value, { stream: true }));
  }
}

function open(fetch: typeof globalThis.fetch, target: LinkTarget, events: LinkEvents): Link {
  const abort = new AbortController();
  let connectionId: string | null = null;
  const end = (reason: LinkClose) => {
    if (abort.signal.aborted) return;
    abort.abort();
    events.close(reason);
  };
  const deliver = (data: string, cursor?: string) => {
    if (abort.signal.aborted) return;
    connectionId ??= connectionIdOf(data);
    events.frame(data, cursor);
  };
  const feed = createSseParser(({ data, id }) => deliver(data, id));
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${target.token()}` };

  fetch(address(target), { headers, signal: abort.signal, cache: 'no-store' })
    .then((response) => read(response, events.open, feed))
    .catch(() => undefined)
    .finally(() => end(LOST));

  const send = createUplink({
    target,
    fetch,
    signal: abort.signal,
    connectionId: () => connectionId ?? '',
    onFrame: deliver,
    onDead: end,
  });
  return { send, close: () => abort.abort() };
}

/** Down a stream, up by POST; nothing above can tell it from a socket. */
export function sseTransport(fetch: typeof globalThis.fetch | undefined): Transport {
  return {
    name: 'sse',
    isSupported: () => fetch !== undefined && typeof ReadableStream !== 'undefined',
    open(target, events) {
      if (fetch === undefined) throw new Error('There is no fetch here');
      return open(fetch, target, events);
    },
  };
}
