import type { Frame } from '../../src/protocol/frames.js';
import { transportContract } from '../contracts/transport.contract.js';
import { openStream } from './streams.js';

transportContract('SSE with posts', async (url, options) => {
  const stream = await openStream(url, options, ['ready', 'error']);
  return {
    get frames() {
      return stream.frames;
    },
    closed: stream.closed,
    frame: (type, test) => stream.frame(type, test),
    ask: async (command) => (await stream.post(command))[0] as Frame,
    say: async (command) => void (await stream.post(command)),
    close: () => stream.close(),
  };
});
