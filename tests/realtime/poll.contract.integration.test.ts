import type { Frame } from '../../src/protocol/frames.js';
import { transportContract } from '../contracts/transport.contract.js';
import { TestPoller } from './polls.js';

transportContract(
  'long polls with posts',
  async (url, options) => {
    const poller = new TestPoller([url], options);
    return {
      frames: poller.frames,
      closed: poller.closed,
      frame: (type, test) => poller.frame(type, test),
      ask: async (command) => (await poller.post(command))[0] as Frame,
      say: async (command) => void (await poller.post(command)),
      close: () => poller.close(),
    };
  },
  { isHeld: false },
);
