import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * pass; blackhole: connections stay and nothing comes through, as behind a cable that was pulled;
 * reset: every connection is answered with RST; refuse: nobody listens; slow: each way takes `delayMs`.
 */
export type Fault = 'pass' | 'blackhole' | 'reset' | 'refuse' | 'slow';

export interface FaultProxy {
  readonly port: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  set(fault: Fault, delayMs?: number): Promise<void>;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** Stands between a client and a server on this machine, and does what networks do. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  let fault: Fault = 'pass';
  let delayMs = 0;
  let accepted = 0;

  const relay = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => {
      if (fault === 'pass') to.write(chunk);
      else if (fault === 'slow')
        setTimeout(() => fault === 'slow' && to.writable && to.write(chunk), delayMs);
    });
    from.on('end', () => fault !== 'blackhole' && to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  };

  const server = createServer({ allowHalfOpen: true }, (near) => {
    accepted += 1;
    if (fault === 'reset') return void near.resetAndDestroy();
    const far = connect(target, '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    near.on('close', () => pairs.delete(pair));
    relay(near, far);
    relay(far, near);
  });
  await listen(server, 0);
  const { port } = server.address() as { port: number };

  const cut = () => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  const stopListening = () => {
    server.close();
    cut();
    return once(server, 'close');
  };

  return {
    port,
    get accepted() {
      return accepted;
    },
    set: async (next, ms = 0) => {
      const before = fault;
      fault = next;
      delayMs = ms;
      if (next === 'refuse') await stopListening();
      else if (before === 'refuse') await listen(server, port);
      else if (next === 'reset') cut();
      // What was swallowed is missing from the stream: such a connection cannot go on.
      else if (before === 'blackhole') cut();
    },
    close: async () => {
      if (fault !== 'refuse') await stopListening();
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
