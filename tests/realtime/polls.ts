import { randomBytes } from 'node:crypto';
import type { Frame, FrameOf, FrameType } from '../../src/protocol/frames.js';
import type { PeerOptions } from '../contracts/transport.contract.js';
import { api } from '../support/api.js';

export interface PollAnswer {
  readonly frames: readonly Frame[];
  readonly cursor: string | null;
}

export interface PollOptions extends PeerOptions {
  readonly connection?: string;
  readonly signal?: AbortSignal;
}

export const newConnection = () => randomBytes(16).toString('hex');

/** One poll. */
export async function poll(url: string, options: PollOptions): Promise<PollAnswer> {
  const { token, conversationId, after, connection = newConnection(), signal } = options;
  const address = new URL('/poll', url);
  for (const [name, value] of Object.entries({ connection, conversationId, after }))
    if (value !== undefined) address.searchParams.set(name, value);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(address, { headers, ...(signal && { signal }) });
  if (!response.ok) throw new Error(`The poll was answered with ${response.status}`);
  return (await response.json()) as PollAnswer;
}

/** A plain client that polls, one node after the other, and keeps what comes. */
export class TestPoller {
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** How often it asked. */
  polls = 0;
  private readonly urls: readonly string[];
  private readonly options: PeerOptions;
  private readonly connection = newConnection();
  private readonly abort = new AbortController();
  private readonly waiting = new Set<() => void>();
  private readonly running: Promise<void>;

  constructor(urls: readonly string[], options: PeerOptions) {
    this.urls = urls;
    this.options = options;
    this.closed = this.frame('close').then(({ code, reason }) => ({ code, reason }));
    this.running = this.run().catch((error) => {
      if (!this.abort.signal.aborted) throw error;
    });
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

  async post(command: object): Promise<Frame[]> {
    const { token, conversationId } = this.options;
    const bound = conversationId === undefined ? '' : `&conversationId=${conversationId}`;
    const path = `/frames?connection=${this.connection}${bound}`;
    const { body } = await api(this.node(), token).post(path, command);
    return (body as { frames?: Frame[] }).frames ?? [];
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.running;
  }

  private node(): string {
    return this.urls[this.polls % this.urls.length] as string;
  }

  private async run(): Promise<void> {
    const { connection } = this;
    const { signal } = this.abort;
    let { after } = this.options;
    while (!this.frames.some(({ type }) => type === 'close')) {
      const options = {
        ...this.options,
        connection,
        signal,
        ...(after !== undefined && { after }),
      };
      const answer = await poll(this.node(), options);
      this.polls += 1;
      after = answer.cursor ?? after;
      this.frames.push(...answer.frames);
      for (const resolve of this.waiting) resolve();
      this.waiting.clear();
    }
  }
}
