import { createChat } from '../../../client/sdk/chat';
import type { Chat, ChatOptions } from '../../../client/sdk/types';
import { createFakeClock, type FakeClock } from '../../support/clock';
import { FakeServer } from '../../support/fake-server';

export interface Setup {
  readonly clock: FakeClock;
  readonly server: FakeServer;
  readonly chat: Chat;
}

export function setup(options: Partial<ChatOptions> = {}): Setup {
  const clock = createFakeClock();
  const server = new FakeServer(clock);
  const chat = createChat({
    url: 'http://chat.test',
    token: 'token-1',
    transports: [server.transport('websocket'), server.transport('sse')],
    storage: memoryStorage(),
    fetch: server.fetch,
    clock,
    random: () => 0.5,
    ...options,
  });
  return { clock, server, chat };
}

export async function connected(options: Partial<ChatOptions> = {}): Promise<Setup> {
  const all = setup(options);
  all.chat.connect();
  await all.server.settle();
  return all;
}

export function memoryStorage() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}
