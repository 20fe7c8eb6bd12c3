import { connect, createServer, type Socket } from 'node:net';

/** Stands before a server and can fall silent: connections stay open, and nothing passes any more. */
export interface SilentProxy {
  readonly port: number;
  fallSilent(): void;
  speakAgain(): void;
  stop(): Promise<void>;
}

export async function startSilentProxy(target: {
  host: string;
  port: number;
}): Promise<SilentProxy> {
  const open = new Set<Socket>();
  let isSilent = false;
  const track = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    if (isSilent) socket.pause();
  };
  const join = (from: Socket, to: Socket) => {
    from.on('data', (data) => to.write(data));
    from.on('close', () => to.destroy());
    if (isSilent) from.pause();
  };
  const server = createServer((client) => {
    const peer = connect(target);
    for (const socket of [client, peer]) track(socket);
    join(client, peer);
    join(peer, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    fallSilent: () => {
      isSilent = true;
      for (const socket of open) socket.pause();
    },
    speakAgain: () => {
      isSilent = false;
      for (const socket of open) socket.resume();
    },
    stop: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
