import type { DurableFrame, Frame } from '../../src/protocol/frames.js';
import type { Message } from '../../src/protocol/resources/message.js';
import { connect, type TestSocket } from '../support/socket.js';

/**
 * A conversation session without an SDK: trusts the server's order, resumes from its cursor, and writes down every
 * breach of it.
 */
export class PlainClient {
  readonly violations: string[] = [];
  readonly messages = new Map<number, Message>();
  position: number | null = null;
  private cursor: string | null = null;
  private reached: () => void = () => {};
  private inReplay = false;
  private socket: TestSocket | null = null;
  private readonly token: string;
  readonly conversationId: string;

  constructor(token: string, conversationId: string) {
    this.token = token;
    this.conversationId = conversationId;
  }

  async connect(url: string): Promise<void> {
    if (this.socket) return;
    const after = this.position === null ? 0 : (this.cursor ?? this.position);
    const { token, conversationId } = this;
    const socket = await connect(url, { token, conversationId, after });
    this.socket = socket;
    for (const frame of socket.frames) this.apply(frame);
    socket.raw.on('message', (data) => this.apply(JSON.parse(data.toString()) as Frame));
    if (this.position === null) await socket.frame('replay', ({ done }) => done);
  }

  /** Without a goodbye, as a network does it. */
  async cut(): Promise<void> {
    const { socket } = this;
    this.socket = null;
    if (!socket) return;
    socket.raw.terminate();
    await socket.closed;
  }

  send(frame: object): boolean {
    this.socket?.send(frame);
    return this.socket !== null;
  }

  /** Resolves when the client stands at a position. */
  reach(position: number): Promise<void> {
    return new Promise((resolve) => {
      this.reached = () => (this.position ?? 0) >= position && resolve();
      this.reached();
    });
  }

  private apply(frame: Frame): void {
    if (frame.type === 'ready' && this.cursor === null) this.cursor = frame.cursor;
    if (frame.type === 'replay') this.bracket(frame.done, frame.from, frame.to);
    if (frame.type === 'resync') this.violations.push(`resync: ${frame.reason}`);
    if (isDurable(frame)) this.take(frame);
    this.reached();
  }

  private bracket(done: boolean, from: number, to: number): void {
    this.inReplay = !done;
    if (!done && this.position !== null && from > this.position)
      this.violations.push(`replay from ${from} at ${this.position}`);
    if (done) this.position = Math.max(to, this.position ?? 0);
  }

  private take(frame: DurableFrame): void {
    if (!this.inReplay) {
      if (this.position !== null && frame.changeSeq !== this.position + 1) {
        this.violations.push(`live ${frame.changeSeq} at ${this.position}`);
      }
      this.position = frame.changeSeq;
    }
    if (frame.type === 'message') {
      const { type: _, ...message } = frame;
      const known = this.messages.get(message.seq);
      if (!known || known.changeSeq <= message.changeSeq) this.messages.set(message.seq, message);
    }
  }
}

function isDurable(frame: Frame): frame is DurableFrame {
  return frame.type === 'message' || frame.type === 'participant' || frame.type === 'conversation';
}
