import { createHash } from 'node:crypto';
import { LIMITS } from '../protocol/limits.js';
import { PROTOCOL } from '../protocol/version.js';
import {
  type CatchUp,
  type CatchUps,
  catchUpFrames,
  conversationCursor,
  receiptFrames,
  wrongCursor,
} from './catch-up.js';
import type { Channels } from './channel.js';
import { type Cursor, encodeCursor } from './cursor.js';
import { type Encoded, encode } from './encoded.js';
import type { Hub } from './hub.js';
import {
  type ConversationHead,
  type ConversationLog,
  type LogSlice,
  NOTHING_AFTER,
  type UserLog,
} from './log.js';
import { replayOwn } from './own-stream.js';
import type { Attendance } from './presence/attendance.js';
import type { Session } from './session.js';
import type { Sweep } from './sweep.js';
import { topics } from './topics.js';
import type { Watch } from './watch.js';

/** A resume looks this much further back than its cursor: longer than any transaction lasts. */
const RECHECK_MS = 10_000;
const MAX_HEADS = 200;

export interface OpeningPorts {
  readonly hub: Hub;
  readonly channels: Channels;
  readonly catchUps: CatchUps;
  readonly log: ConversationLog;
  readonly users: UserLog;
  readonly attendance: Attendance;
  readonly sweep: Sweep;
  readonly watch: Watch;
}

/** Brings a new session to the present: subscribe, buffer, read, release. */
export class Opening {
  private readonly ports: OpeningPorts;

  constructor(ports: OpeningPorts) {
    this.ports = ports;
  }

  async open(session: Session, after: Cursor | null): Promise<void> {
    this.ports.hub.add(session);
    void this.ports.attendance.opened(session);
    if (session.conversationId === null) await this.openUser(session, after);
    else await this.openConversation(session, session.conversationId, after);
  }

  /** A newer cursor for a session that ends before it is pinged, and what has changed around it. */
  async farewell(session: Session): Promise<void> {
    if (!session.isOpen || session.userPosition === null) return;
    const { log, sweep } = this.ports;
    const checkedAt = sweep.sweptUntil;
    const heads = await log.changedFor(session.caller, checkedAt - RECHECK_MS, MAX_HEADS + 1);
    const cursor = this.userCursor(session.userPosition, checkedAt, fingerprint(heads));
    const more = heads.length > MAX_HEADS;
    session.reply(
      encode(
        { type: 'ping', heads: heads.slice(0, MAX_HEADS), ...(more && { more }), cursor },
        cursor,
      ),
    );
  }

  /** Also used when a conversation session asks to sync again, e.g. after it has paged the rest by REST. */
  async enter(session: Session, conversationId: string, after: Cursor, id?: string): Promise<void> {
    const { channels, catchUps, sweep } = this.ports;
    if (!session.isOpen) return;
    channels.join(session, conversationId);
    try {
      const catchUp = await catchUps.since(conversationId, after, sweep.epoch);
      await this.release(session, conversationId, catchUp, id);
    } catch (error) {
      channels.resume(session, conversationId);
      throw error;
    }
  }

  private async openConversation(
    session: Session,
    conversationId: string,
    after: Cursor | null,
  ): Promise<void> {
    const { channels, catchUps, sweep } = this.ports;
    const channel = channels.join(session, conversationId);
    if (after) {
      const catchUp = await catchUps.since(conversationId, after, sweep.epoch);
      const position = catchUp.kind === 'resync' ? catchUp.slice.head : catchUp.from;
      const cursor = conversationCursor(
        sweep.epoch,
        catchUp.kind === 'resync' ? catchUp.slice : before(catchUp),
      );
      session.reply(this.ready(session, position, cursor));
      return this.release(session, conversationId, catchUp);
    }
    const slice = await catchUps.head(conversationId);
    session.reply(this.ready(session, slice.head, conversationCursor(sweep.epoch, slice)));
    for (const frame of receiptFrames(slice)) session.send(frame);
    await this.showPresence(session, slice);
    channel.start(session, slice.head);
    session.goLive();
  }

  private async release(
    session: Session,
    conversationId: string,
    catchUp: CatchUp,
    id?: string,
  ): Promise<void> {
    const { channels, sweep } = this.ports;
    for (const frame of catchUpFrames(conversationId, catchUp)) session.send(frame);
    if (catchUp.kind === 'rest') {
      channels.leave(session, conversationId);
      return session.opened(true);
    }
    const { slice } = catchUp;
    await this.showPresence(session, slice);
    if (catchUp.kind === 'rows') {
      const replay = {
        type: 'replay',
        conversationId,
        from: catchUp.from,
        to: slice.head,
        done: true,
      } as const;
      session.reply(
        encode(
          { ...replay, ...(id !== undefined && { id }) },
          conversationCursor(sweep.epoch, slice),
        ),
      );
    }
    channels.get(conversationId)?.start(session, slice.head);
    session.goLive(catchUp.kind === 'resync' || slice.head > catchUp.from);
  }

  private async showPresence(session: Session, slice: LogSlice): Promise<void> {
    for (const frame of await this.ports.watch.open(session, slice)) session.send(frame);
  }

  private async openUser(session: Session, after: Cursor | null): Promise<void> {
    const { hub, log, users, sweep } = this.ports;
    if (after && after.kind !== 'user') throw wrongCursor();
    const { userId, staffOf } = session.caller;
    hub.join(session, topics.user(userId));
    for (const businessId of staffOf) hub.join(session, topics.business(businessId));

    const own = await users.read(userId, after?.position ?? NOTHING_AFTER);
    const heads = after
      ? await log.changedFor(session.caller, after.checkedAt - RECHECK_MS, MAX_HEADS + 1)
      : [];
    const lost =
      after && (after.epoch !== sweep.epoch ? 'epoch' : after.position > own.head ? 'ahead' : null);
    const from = lost ? own.head : (after?.position ?? own.head);
    const checkedAt = lost || !after ? sweep.sweptUntil : after.checkedAt;
    session.reply(this.ready(session, from, this.userCursor(from, checkedAt), lost ? [] : heads));
    if (lost) session.send({ type: 'resync', reason: lost });
    else if (after) replayOwn(session, from, own);
    session.userPosition = own.head;
    session.goLive(!after || own.head > from || lost !== null || fingerprint(heads) !== after.told);
  }

  private userCursor(position: number, checkedAt: number, told?: string): string {
    const { epoch } = this.ports.sweep;
    const cursor = { kind: 'user', epoch, position, checkedAt } as const;
    return encodeCursor(told === undefined ? cursor : { ...cursor, told });
  }

  private ready(
    session: Session,
    position: number,
    cursor: string,
    heads: readonly ConversationHead[] = [],
  ): Encoded {
    const { id, caller, conversationId } = session;
    return encode(
      {
        type: 'ready',
        protocol: PROTOCOL,
        connectionId: id,
        user: caller.person,
        conversationId,
        position,
        cursor,
        epoch: this.ports.sweep.epoch,
        heads: heads.slice(0, MAX_HEADS),
        more: heads.length > MAX_HEADS,
        pingMs: LIMITS.pingMs,
        reconnectWindowMs: LIMITS.reconnectWindowMs,
        limits: { frameBytes: LIMITS.frameBytes, bodyBytes: LIMITS.bodyBytes },
      },
      cursor,
    );
  }
}

function fingerprint(heads: readonly ConversationHead[]): string {
  const text = heads.map(({ id, lastSeq }) => `${id}.${lastSeq}`).join();
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The slice as of the place that the client came with. */
function before({
  from,
  slice,
}: Exclude<CatchUp, { kind: 'resync' }>): Pick<LogSlice, 'head' | 'tail'> {
  return { head: from, tail: slice.tailBefore };
}
