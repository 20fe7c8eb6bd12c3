import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Frame, FrameOf, FrameType } from '../../src/protocol/frames.js';
import { api } from '../support/api.js';

export interface StreamEvent {
  readonly id: string | undefined;
  readonly frame: Frame;
}

export interface StreamOptions {
  readonly token: string;
  readonly conversationId?: string;
  readonly after?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another node than the one that streams. */
  readonly uplink?: string;
}

/** A plain SSE client: what comes, as it comes. */
export class TestStream<Response extends Readable = IncomingMessage> {
  readonly events: StreamEvent[] = [];
  readonly comments: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly response: Response;
  private readonly waiting = new Set<() => void>();
  private readonly options: StreamOptions;
  private readonly url: string;
  private rest = '';

  constructor(url: string, response: Response, options: StreamOptions) {
    this.url = url;
    this.options = options;
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.take(text));
    response.on('error', () => {});
    this.closed = this.frame('close').then(({ code, reason }) => ({ code, reason }));
  }

  get frames(): Frame[] {
    return this.events.map(({ frame }) => frame);
  }

  async frame<T extends FrameType>(
    type: T,
    test: (frame: FrameOf<T>) => boolean = () => true,
  ): Promise<FrameOf<T>> {
    const match = (frame: Frame): frame is FrameOf<T> & Frame =>
      frame.type === type && test(frame as FrameOf<T>);
    for (;;) {
      const here = this.frames.find(match);
      if (here) return here;
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** What the command is answered with. */
  async post(command: object): Promise<Frame[]> {
    const { connectionId } = await this.frame('ready');
    const { token, uplink = this.url } = this.options;
    const answer = await api(uplink, token).post(`/frames?connection=${connectionId}`, command);
    return (answer.body as { frames?: Frame[] }).frames ?? [];
  }

  async close(): Promise<void> {
    this.response.destroy();
    if (!this.response.closed) await once(this.response, 'close');
  }

  private take(text: string): void {
    const parts = (this.rest + text).split('\n\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) this.event(part.split('\n'));
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private event(lines: readonly string[]): void {
    const field = (name: string) => lines.find((line) => line.startsWith(name))?.slice(name.length);
    const comment = field(': ');
    if (comment !== undefined) this.comments.push(comment);
    const data = field('data: ');
    if (data === undefined) return;
    this.events.push({ id: field('id: '), frame: JSON.parse(data) as Frame });
  }
}

export async function openStream(
  url: string,
  options: StreamOptions,
  first: readonly FrameType[] = ['ready'],
): Promise<TestStream> {
  const { address, headers } = streamRequest(url, options);
  const request = get(address, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const stream = new TestStream(url, response, options);
  if (response.statusCode === 200) await Promise.race(first.map((type) => stream.frame(type)));
  return stream;
}

export function streamRequest(url: string, options: StreamOptions) {
  const address = new URL('/sse', url);
  const { token, conversationId, after } = options;
  for (const [name, value] of Object.entries({ conversationId, after }))
    if (value !== undefined) address.searchParams.set(name, value);
  return { address, headers: { authorization: `Bearer ${token}`, ...options.headers } };
}
