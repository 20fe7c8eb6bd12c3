import { WebSocket } from 'ws';
import { type Chat, createChat, type Thread } from '../../client/sdk/index.js';
import type { Message } from '../../src/protocol/resources/message.js';

/** A client of the SDK whose every connection and request goes to a node of the test's choice. */
export class SdkClient {
  readonly chat: Chat;
  readonly thread: Thread;
  /** What the callback was told, to prove that nothing comes twice or out of order. */
  readonly received: Message[] = [];
  readonly sends: Promise<Message>[] = [];
  private readonly sockets = new Set<WebSocket>();
  private readonly close: () => void;

  constructor(token: string, conversationId: string, pickNode: () => string) {
    const { sockets } = this;
    class RoutedSocket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        const { pathname, search } = new URL(url);
        super(`${pickNode().replace('http', 'ws')}${pathname}${search}`, protocols);
        sockets.add(this);
        this.on('close', () => sockets.delete(this));
        this.on('error', () => {});
      }
    }
    this.chat = createChat({
      url: 'http://chat.test',
      token,
      WebSocket: RoutedSocket as never,
      fetch: (input, init) => fetch(String(input).replace('http://chat.test', pickNode()), init),
      random: () => 0.2,
    });
    this.chat.on('message', (message) => this.received.push(message));
    this.thread = this.chat.thread(conversationId);
    this.close = this.thread.open();
    this.chat.connect();
  }

  cut(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  send(body: string): void {
    this.sends.push(this.thread.send(body).sent);
  }

  destroy(): void {
    this.close();
    this.chat.destroy();
  }

  /** Resolves when the thread shows what a test waits for. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        stop();
        resolve();
      };
      const stop = this.thread.subscribe(check);
      check();
    });
  }
}
