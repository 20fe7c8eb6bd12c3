import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Frame } from '../../src/protocol/frames.js';
import { type PeerOptions, transportContract } from '../contracts/transport.contract.js';
import { socketUrl, TestSocket } from '../support/socket.js';

transportContract('a WebSocket', async (url: string, options: PeerOptions) => {
  const raw = new WebSocket(socketUrl(url, options));
  const socket = new TestSocket(raw);
  await once(raw, 'open');
  return {
    frames: socket.frames,
    closed: socket.closed,
    frame: (type, test) => socket.frame(type, test),
    ask: (command) => {
      socket.send(command);
      const answers = (['ack', 'error', 'pong'] as const).map((type) =>
        socket.frame(type, (frame) => frame.id === command.id),
      );
      const bad = socket.frame('error', ({ code, id }) => code === 'bad_frame' && id === undefined);
      return Promise.race<Frame>([...answers, bad]);
    },
    say: async (command) => socket.send(command),
    close: () => socket.close(),
  };
});
