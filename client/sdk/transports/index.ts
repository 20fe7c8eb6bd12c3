import { pollTransport } from './poll';
import { sseTransport } from './sse';
import type { Transport, TransportName } from './transport';
import { type WebSocketConstructor, websocketTransport } from './websocket';

export interface TransportPlatform {
  readonly fetch: typeof fetch | undefined;
  readonly WebSocket: WebSocketConstructor | undefined;
}

/** The ladder, best first, without what this platform cannot do. */
export function createTransports(
  wanted: readonly (TransportName | Transport)[],
  { fetch, WebSocket }: TransportPlatform,
): readonly Transport[] {
  const known: Record<TransportName, Transport> = {
    websocket: websocketTransport(WebSocket),
    sse: sseTransport(fetch),
    poll: pollTransport(fetch),
  };
  return wanted
    .map((item) => (typeof item === 'string' ? known[item] : item))
    .filter((transport) => transport.isSupported());
}
