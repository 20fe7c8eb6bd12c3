import { connect, createServer, type Server, type Socket } from 'node:net';

/** A load balancer of the plainest kind: it passes connections on and knows HTTP only as far as an upgrade. */
export interface Balancer {
  readonly url: string;
  /** WebSockets that were not let through. */
  readonly refused: number;
  stop(): Promise<void>;
}

export interface BalancerOptions {
  /** `refuse`: as a proxy that knows no WebSocket. Default `pass`. */
  readonly webSockets?: 'pass' | 'refuse';
}

const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';
const UPGRADE = /\r\nupgrade: *websocket/i;

/** Each connection goes to the first of the nodes that accepts it: when that one dies, to the next. */
export async function startBalancer(
  ports: readonly number[],
  { webSockets = 'pass' }: BalancerOptions = {},
): Promise<Balancer> {
  const open = new Set<Socket>();
  let refused = 0;
  const server = createServer((client) => {
    track(client, open);
    client.once('data', (head: Buffer) => {
      if (webSockets === 'pass' || !UPGRADE.test(head.toString('latin1'))) {
        passOn(client, head, ports, open);
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

function passOn(client: Socket, head: Buffer, ports: readonly number[], open: Set<Socket>): void {
  const [port, ...others] = ports;
  client.pause();
  if (port === undefined || client.destroyed) {
    client.destroy();
    return;
  }
  const node = connect(port, '127.0.0.1');
  const next = () => passOn(client, head, others, open);
  node.once('error', next);
  node.once('connect', () => {
    node.off('error', next);
    track(node, open);
    join(client, node);
    node.write(head);
  });
}

/** What ends one side ends the other. */
function join(client: Socket, node: Socket): void {
  client.on('close', () => node.destroy());
  node.on('close', () => client.destroy());
  client.pipe(node);
  node.pipe(client);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
