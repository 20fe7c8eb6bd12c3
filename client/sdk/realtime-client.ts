import type { Command } from '@protocol/commands';
import type { Frame, FrameOf } from '@protocol/frames';
import { Connection, type ConnectionDeps } from './connection';
import type { Outbox } from './outbox';
import { createRequests, type Requests } from './requests';
import { createSync, type Sync, type SyncDeps } from './sync';
import type { ConnectionSnapshot, Store } from './types';

export interface RealtimeDeps
  extends Omit<ConnectionDeps, 'cursor' | 'events'>,
    Pick<SyncDeps, 'readMessages'> {
  /** Asked late, because the outbox sends through this client. */
  readonly outbox: () => Outbox;
  readonly changes: SyncDeps['events'];
  readonly events: {
    /** `complete`: whatever happened meanwhile will come; otherwise lists have to be read again. */
    ready(frame: FrameOf<'ready'>, complete: boolean): void;
    /** The server found more changes than it can list. */
    more(): void;
    /** Everything else, in the order of arrival. */
    frame(frame: Frame): void;
  };
}

/** Joins connection, requests, outbox and sync into one session of one user. */
export class RealtimeClient {
  readonly sync: Sync;
  readonly requests: Requests;
  private readonly deps: RealtimeDeps;
  private readonly connection: Connection;
  /** Where to resume from, and the one to take over once the user's own stream has caught up. */
  private cursor: string | null = null;
  private nextCursor: string | null = null;

  constructor(deps: RealtimeDeps) {
    this.deps = deps;
    this.connection = new Connection({
      ...deps,
      cursor: () => this.cursor,
      events: {
        ready: (frame) => this.ready(frame),
        frame: (frame, cursor) => this.frame(frame, cursor),
        down: () => this.down(),
      },
    });
    this.requests = createRequests((command) => this.send(command), deps.clock);
    this.sync = createSync({
      ...deps,
      events: deps.changes,
      send: (command) => this.send(command),
    });
  }

  get snapshot(): Store<ConnectionSnapshot> {
    return this.connection.snapshot;
  }

  connect(): void {
    this.connection.connect();
  }

  close(): void {
    this.connection.close('done');
  }

  /** False when there is no connection to send on. */
  send(command: Command): boolean {
    return this.connection.send(command);
  }

  private ready(frame: FrameOf<'ready'>): void {
    const isResumed = this.cursor !== null;
    this.nextCursor = frame.cursor;
    if (!isResumed) this.cursor = frame.cursor;
    this.deps.events.frame(frame);
    this.sync.heads(frame.heads);
    this.sync.online();
    this.deps.events.ready(frame, isResumed && !frame.more);
    this.deps.outbox().resend();
  }

  private down(): void {
    this.requests.drop();
    this.sync.offline();
  }

  private frame(frame: Frame, cursor: string | null): void {
    this.deps.events.frame(frame);
    if (this.requests.settle(frame)) return;
    if (frame.type === 'ping') this.ping(frame);
    else if (frame.type === 'auth') void this.renew(frame);
    else if (frame.type === 'reconnect') this.connection.drain(frame.inMs);
    else this.sync.frame(frame);
    this.moveCursor(frame, cursor);
  }

  private ping(frame: FrameOf<'ping'>): void {
    this.send({ type: 'pong' });
    this.sync.heads(frame.heads);
    if (frame.more === true) this.deps.events.more();
  }

  /** Never past what the user's own stream has brought: its frames come in order, so a later cursor covers them. */
  private moveCursor(frame: Frame, cursor: string | null): void {
    const isCaughtUp = this.cursor === this.nextCursor;
    if (frame.type === 'resync' && frame.conversationId === undefined) this.commit(null);
    else if (frame.type === 'ping' && frame.cursor !== undefined) this.commit(frame.cursor);
    else if (isEndOfOwnReplay(frame)) this.commit(cursor ?? this.nextCursor);
    else if (cursor !== null && isCaughtUp) this.commit(cursor);
  }

  private commit(cursor: string | null): void {
    this.cursor = cursor;
    this.nextCursor = cursor;
  }

  /** In-band, so that an expiring token costs no connection; when it fails, the server closes with 4401. */
  private async renew({ expiring }: FrameOf<'auth'>): Promise<void> {
    if (!expiring) return;
    const { tokens } = this.deps;
    try {
      const token = await tokens.renew(tokens.current());
      await this.requests.ask({ type: 'auth', token });
    } catch {
      return;
    }
  }
}

function isEndOfOwnReplay(frame: Frame): boolean {
  return frame.type === 'replay' && frame.conversationId === undefined && frame.done;
}
