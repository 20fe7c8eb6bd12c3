import { connect, createServer, type Server, type Socket } from 'node:net';

/** A load balancer of the plainest kind: it passes connections on and knows of HTTP what a request begins with. */
export interface Balancer {
  readonly url: string;
  /** WebSockets that were not let through. */
  readonly refused: number;
  /** Streams of which nothing was let through. */
  readonly held: number;
  stop(): Promise<void>;
}

export interface BalancerOptions {
  /** `refuse`: as a proxy that knows no WebSocket. Default `pass`. */
  readonly webSockets?: 'pass' | 'refuse';
  /** `hold`: as a proxy that buffers answers to their end. Default `pass`. */
  readonly streams?: 'pass' | 'hold';
}

const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';
const STREAM = /^GET \/sse\b/;
const UPGRADE = /\r\nupgrade: *websocket/i;

/** Each connection goes to the first of the nodes that accepts it: when that one dies, to the next. */
export async function startBalancer(
  ports: readonly number[],
  { webSockets = 'pass', streams = 'pass' }: BalancerOptions = {},
): Promise<Balancer> {
  const open = new Set<Socket>();
  let refused = 0;
  let held = 0;
  const holds = (chunk: Buffer) => {
    const isHeld = streams === 'hold' && STREAM.test(chunk.toString('latin1'));
    if (isHeld) held += 1;
    return isHeld;
  };
  const server = createServer((client) => {
    track(client, open);
    client.once('data', (head: Buffer) => {
      if (webSockets === 'pass' || !UPGRADE.test(head.toString('latin1'))) {
        passOn({ client, head, open, holds }, ports);
        return;
      }
      refused += 1;
      client.end(FORBIDDEN);
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    get refused() {
      return refused;
    },
    get held() {
      return held;
    },
    stop: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function track(socket: Socket, open: Set<Socket>): void {
  open.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => open.delete(socket));
}

interface Passage {
  readonly client: Socket;
  readonly head: Buffer;
  readonly open: Set<Socket>;
  /** Whether the answer to this request is kept back. */
  holds(request: Buffer): boolean;
}

function passOn(passage: Passage, ports: readonly number[]): void {
  const { client, head, open } = passage;
  const [port, ...others] = ports;
  client.pause();
  if (port === undefined || client.destroyed) {
    client.destroy();
    return;
  }
  const node = connect(port, '127.0.0.1');
  const next = () => passOn(passage, others);
  node.once('error', next);
  node.once('connect', () => {
    node.off('error', next);
    track(node, open);
    join(passage, node);
    node.write(head);
  });
}

/** What ends one side ends the other. */
function join({ client, head, holds }: Passage, node: Socket): void {
  client.on('close', () => node.destroy());
  node.on('close', () => client.destroy());
  client.pipe(node);
  node.pipe(client);
  const look = (request: Buffer) => {
    if (holds(request)) node.unpipe(client).resume();
  };
  client.on('data', look);
  look(head);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
