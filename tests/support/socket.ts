import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import type { Command } from '../../src/protocol/commands.js';
import type { Frame, FrameOf, FrameType } from '../../src/protocol/frames.js';

export interface SocketOptions {
  readonly token?: string;
  readonly conversationId?: string;
  readonly after?: string | number;
  readonly query?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  readonly client?: ClientOptions;
}

type Matcher = (frame: Frame) => boolean;

/** A plain WebSocket client: keeps what it gets and waits for what a test expects, without a sleep. */
export class TestSocket {
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly raw: WebSocket;
  private readonly waiting = new Set<{ match: Matcher; resolve(frame: Frame): void }>();

  constructor(raw: WebSocket) {
    this.raw = raw;
    raw.on('message', (data) => this.take(JSON.parse(data.toString()) as Frame));
    raw.on('error', () => {});
    this.closed = new Promise((resolve) =>
      raw.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  send(command: Command | object): void {
    this.raw.send(JSON.stringify(command));
  }

  /** The first frame of a type, already here or yet to come, that passes the test. */
  frame<T extends FrameType>(
    type: T,
    test: (frame: FrameOf<T>) => boolean = () => true,
  ): Promise<FrameOf<T>> {
    const match = (frame: Frame) => frame.type === type && test(frame as FrameOf<T>);
    const here = this.frames.find(match);
    return here ? Promise.resolve(here as FrameOf<T>) : this.next(type, test);
  }

  /** The first one that is yet to come. */
  next<T extends FrameType>(
    type: T,
    test: (frame: FrameOf<T>) => boolean = () => true,
  ): Promise<FrameOf<T>> {
    const match = (frame: Frame) => frame.type === type && test(frame as FrameOf<T>);
    return new Promise((resolve) =>
      this.waiting.add({ match, resolve: (frame) => resolve(frame as FrameOf<T>) }),
    );
  }

  all<T extends FrameType>(type: T): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> => frame.type === type);
  }

  /** Everything sent before has been answered and delivered once this resolves. */
  async settled(): Promise<void> {
    const id = `settled-${Math.random().toString(36).slice(2)}`;
    this.send({ type: 'ping', id });
    await this.frame('pong', (pong) => pong.id === id);
  }

  async close(): Promise<void> {
    this.raw.close(1000);
    await this.closed;
  }

  private take(frame: Frame): void {
    this.frames.push(frame);
    for (const waiter of this.waiting) {
      if (!waiter.match(frame)) continue;
      this.waiting.delete(waiter);
      waiter.resolve(frame);
    }
  }
}

export function socketUrl(url: string, options: SocketOptions): string {
  const address = new URL('/ws', url.replace('http', 'ws'));
  const { token, conversationId, after, query } = options;
  const parameters = { token, conversationId, after: after?.toString(), ...query };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) address.searchParams.set(name, value);
  }
  return address.href;
}

/** Resolves once `ready` has come. */
export async function connect(url: string, options: SocketOptions): Promise<TestSocket> {
  const raw = new WebSocket(
    socketUrl(url, options),
    [...(options.protocols ?? [])],
    options.client,
  );
  const socket = new TestSocket(raw);
  await once(raw, 'open');
  await socket.frame('ready');
  return socket;
}

/** The HTTP answer of a refused upgrade. */
export function refusal(
  url: string,
  options: SocketOptions,
): Promise<{ status: number; code: string | undefined }> {
  const raw = new WebSocket(
    socketUrl(url, options),
    [...(options.protocols ?? [])],
    options.client,
  );
  return new Promise((resolve, reject) => {
    raw.on('error', () => {});
    raw.on('open', () => reject(new Error('The upgrade was not refused')));
    raw.on('unexpected-response', async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const code = text.startsWith('{') ? (JSON.parse(text) as { code?: string }).code : undefined;
      resolve({ status: response.statusCode ?? 0, code });
    });
  });
}
