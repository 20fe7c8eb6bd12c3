import type { Transport, TransportName } from './transports/transport';
import type { KeyValueStorage } from './types';

const KEY = 'servihub-chat.transport';
/** A stream that brings nothing within seconds is held back by a proxy, and would be again. */
const FAILED_OPENS: Record<TransportName, number> = { websocket: 2, sse: 1, poll: 2 };
const EARLY_DROPS = 3;
const EARLY_MS = 5_000;

/** Which transport to use. Falls a rung when one does not work here, and remembers that. */
export interface Ladder {
  current(): Transport;
  /** One of the better ones, if there are any: each in its turn, the best first. */
  above(): Transport | null;
  /** The server would have accepted, yet this transport could not open. */
  failed(): void;
  proved(transport: Transport): void;
  /** An open connection was lost without a close code. */
  dropped(livedMs: number): void;
}

export function createLadder(
  transports: readonly Transport[],
  storage: KeyValueStorage | null,
): Ladder {
  let rung = Math.max(
    0,
    transports.findIndex(({ name }) => name === storage?.getItem(KEY)),
  );
  let failures = 0;
  let drops = 0;
  let probes = 0;

  // Round and round: below the last rung comes the first, since the network may have changed.
  function descend(): void {
    rung = (rung + 1) % transports.length;
    failures = 0;
    drops = 0;
  }
  const at = (index: number) => {
    const transport = transports[index];
    if (transport === undefined) throw new Error('No transport works on this platform');
    return transport;
  };
  return {
    current: () => at(rung),
    above: () => (rung > 0 ? at(probes++ % rung) : null),
    failed() {
      failures += 1;
      if (failures >= FAILED_OPENS[at(rung).name]) descend();
    },
    proved(transport) {
      rung = transports.indexOf(transport);
      failures = 0;
      probes = 0;
      if (rung > 0) storage?.setItem(KEY, transport.name);
      else storage?.removeItem(KEY);
    },
    dropped(livedMs) {
      drops = livedMs < EARLY_MS ? drops + 1 : 0;
      if (drops >= EARLY_DROPS) descend();
    },
  };
}

/** The storage of the browser session; null where there is none or it is forbidden. */
export function sessionStorageIfAny(): KeyValueStorage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
