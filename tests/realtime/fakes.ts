import { randomUUID } from 'node:crypto';
import type { CloseCode } from '../../src/protocol/close-codes.js';
import type { DurableFrame, Frame, FrameOf } from '../../src/protocol/frames.js';
import type { Caller } from '../../src/realtime/caller.js';
import type { CommandContext } from '../../src/realtime/commands.js';
import { Encoded } from '../../src/realtime/encoded.js';
import type { LogSlice } from '../../src/realtime/log.js';
import { type Link, Session } from '../../src/realtime/session.js';

/** The far end of a session, under the hands of a test. */
export class FakeLink implements Link {
  readonly answersPings: boolean;
  readonly writes: Frame[][] = [];
  closedWith: CloseCode | null = null;
  backlog = 0;
  taken = 0;
  beats = 0;
  /** Takes no more until `drain` is called. */
  isFull = false;
  private drained: (() => void) | null = null;

  constructor(answersPings = true) {
    this.answersPings = answersPings;
  }

  get frames(): Frame[] {
    return this.writes.flat();
  }

  write(batch: readonly Encoded[]): boolean {
    this.writes.push(batch.map(({ text }) => JSON.parse(text) as Frame));
    return !this.isFull;
  }

  onceDrained(run: () => void): void {
    this.drained = run;
  }

  drain(): void {
    this.drained?.();
  }

  beat(): void {
    this.beats += 1;
  }

  close(code: CloseCode): void {
    this.closedWith = code;
  }
}

export const fakeCaller = (overrides: Partial<Caller> = {}): Caller => {
  const userId = overrides.userId ?? randomUUID();
  const person = { id: userId, name: 'Somebody', role: 'CUSTOMER', avatar: null } as const;
  const token = { issuer: '', subject: userId, issuedAt: 0, sid: null, jti: null };
  return { userId, person, expiresAt: Date.UTC(2099, 0), staffOf: [], token, ...overrides };
};

export interface FakeSessionOptions {
  readonly id?: string;
  readonly caller?: Caller;
  readonly conversationId?: string | null;
  readonly link?: FakeLink;
  /** Still before `ready`. */
  readonly opening?: boolean;
}

export function fakeSession(options: FakeSessionOptions = {}): {
  session: Session;
  link: FakeLink;
} {
  const { caller = fakeCaller(), conversationId = null, link = new FakeLink() } = options;
  const session = new Session({
    id: options.id ?? randomUUID().replaceAll('-', ''),
    caller,
    conversationId,
    link,
  });
  if (!options.opening) session.goLive();
  return { session, link };
}

export function fakeContext(overrides: Partial<CommandContext> = {}): CommandContext & {
  readonly replies: Frame[];
} {
  const replies: Frame[] = [];
  return {
    caller: fakeCaller(),
    connectionId: 'c'.repeat(32),
    session: null,
    conversationId: null,
    reply: (frame) => void replies.push(frame),
    replies,
    ...overrides,
  };
}

export const CONVERSATION = '6f1c0000-0000-4000-8000-000000000001';

export function fakeMessage(changeSeq: number, seq = changeSeq): FrameOf<'message'> {
  const senderId = '6f1c0000-0000-4000-8000-00000000000a';
  return {
    type: 'message',
    conversationId: CONVERSATION,
    seq,
    changeSeq,
    senderId,
    sender: { id: senderId, name: 'Somebody', role: 'CUSTOMER', avatar: null },
    clientId: `c${seq}`,
    kind: 'text',
    body: `change ${changeSeq}`,
    replyToSeq: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    editedAt: null,
    deletedAt: null,
  };
}

export const durable = (frame: DurableFrame): Encoded =>
  new Encoded(JSON.stringify(frame), { changeSeq: frame.changeSeq });

export const fakeSlice = (slice: Partial<LogSlice> = {}): LogSlice => ({
  head: 0,
  frames: [],
  overflow: false,
  receipts: [],
  people: [],
  businessId: null,
  tail: { seq: 0, hash: '' },
  tailBefore: { seq: 0, hash: '' },
  ...slice,
});

/** Lets everything run that waits for nothing but its turn. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
