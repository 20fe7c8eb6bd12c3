import { PROTOCOL } from '@protocol/version';
import type { Link, LinkEvents, LinkTarget, Transport } from './transport';

/** What is used of a browser's WebSocket; `ws` for Node fits too. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

const OPEN = 1;

const base64url = (text: string) =>
  btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

function address({ url, after }: LinkTarget): string {
  const query = after === null ? '' : `?after=${encodeURIComponent(after)}`;
  return `${url.replace(/^http/, 'ws')}/ws${query}`;
}

function silence(socket: WebSocketLike): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onclose = null;
  // Node's `ws` throws an `error` that nobody listens to.
  socket.onerror = () => undefined;
}

function open(socket: WebSocketLike, events: LinkEvents): Link {
  socket.onopen = () => events.open();
  socket.onmessage = ({ data }: { data: unknown }) => events.frame(String(data));
  socket.onerror = () => undefined;
  socket.onclose = ({ code, wasClean }: { code: number; wasClean: boolean }) => {
    silence(socket);
    events.close({ code, clean: wasClean });
  };
  return {
    send(frame) {
      if (socket.readyState === OPEN) socket.send(frame);
    },
    close() {
      silence(socket);
      socket.close(1000);
    },
  };
}

/** The token travels as a subprotocol, which keeps it out of addresses and their logs. */
export function websocketTransport(WebSocket: WebSocketConstructor | undefined): Transport {
  return {
    name: 'websocket',
    isSupported: () => WebSocket !== undefined,
    open(target, events) {
      if (WebSocket === undefined) throw new Error('There is no WebSocket here');
      const protocols = [PROTOCOL, `bearer.${base64url(target.token())}`];
      return open(new WebSocket(address(target), protocols), events);
    },
  };
}
