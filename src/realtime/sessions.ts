import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../platform/clock.js';
import { toAppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import type { CloseCode } from '../protocol/close-codes.js';
import type { Channels } from './channel.js';
import type { CommandContext, Outcome } from './commands.js';
import { excluding, type Few, including, membersOf } from './few.js';
import type { Admission } from './handshake.js';
import type { Hub } from './hub.js';
import type { Opening } from './opening.js';
import type { Attendance } from './presence/attendance.js';
import type { Pulse } from './pulse.js';
import type { Receiver } from './receive.js';
import type { Rights } from './rights.js';
import { type Link, Session } from './session.js';

/** Frames of a peer that wait for its session to open, and later for the ones before them. */
const MAX_EARLY = 64;
const MAX_INBOUND = 256;
/** Sessions of a drain that are due within this time are closed together. */
const DRAIN_STEP_MS = 20;

/** How often a peer may be refused within a time, before the connection is closed. */
const PATIENCE = {
  bad_frame: { times: 3, withinMs: 60_000, code: 4400 },
  /** Twice the refusals of somebody who only sends a little too fast. */
  rate_limited: { times: 200, withinMs: 10_000, code: 4429 },
} as const;

export interface SessionsPorts {
  readonly hub: Hub;
  readonly channels: Channels;
  readonly opening: Opening;
  readonly attendance: Attendance;
  readonly pulse: Pulse;
  readonly rights: Pick<Rights, 'admitted'>;
  readonly receiver: Receiver;
  readonly clock: Clock;
  readonly log: Logger;
  readonly connectionsPerUser: number;
}

/** Opens, feeds and closes the sessions of this node. Transports call it; it calls no transport. */
export class Sessions {
  private readonly ports: SessionsPorts;
  private readonly refusals = {
    bad_frame: new WeakMap<Session, number[]>(),
    rate_limited: new WeakMap<Session, number[]>(),
  };
  /** Oldest first. */
  private readonly byUser = new Map<string, Few<Session>>();

  constructor(ports: SessionsPorts) {
    this.ports = ports;
  }

  /** Synchronous, so that no frame of the peer is missed; what it sends waits until the session is open. */
  open({ caller, conversationId, after, connectionId }: Admission, link: Link): Session {
    const id = connectionId ?? randomBytes(16).toString('hex');
    const session = new Session({ id, caller, conversationId, link });
    session.onEnd = this.forget;
    const opened = this.ports.opening
      .open(session, after)
      .catch((error) => this.failed(session, error));
    session.inbound = { tail: opened.then(() => rest(session)), length: 0 };
    this.ports.pulse.add(session);
    this.enrol(session);
    this.ports.rights.admitted(session);
    return session;
  }

  /** Commands of one session are handled in the order in which they came. */
  receive(session: Session, raw: string): void {
    const { clock, receiver } = this.ports;
    session.heardAt = clock.now();
    if (!session.isOpen) return;
    session.inbound ??= { tail: Promise.resolve(), length: 0 };
    const queue = session.inbound;
    if (++queue.length > MAX_EARLY && session.isOpening) return session.end(1008);
    if (queue.length > MAX_INBOUND) return session.end(4429);
    queue.tail = queue.tail
      .then(() => (session.isOpen ? receiver.text(raw, this.context(session)) : undefined))
      .finally(() => {
        queue.length--;
        rest(session);
      });
  }

  /** A command that came by HTTP for a session which may live here or on another node. */
  async post(value: unknown, context: CommandContext): Promise<void> {
    const outcome: Outcome = await this.ports.receiver.value(value, context);
    await outcome?.done;
  }

  /** Lets go of a session that has said what it was opened for; its last word is where to go on. */
  async part(session: Session): Promise<void> {
    await this.ports.opening.farewell(session);
    session.part();
  }

  /** Tells everybody to come back elsewhere, then closes who is still here, spread over the window. */
  async drain(windowMs: number): Promise<void> {
    const sessions = [...this.ports.hub.sessions.values()];
    for (const session of sessions) {
      session.send({
        type: 'reconnect',
        inMs: Math.floor(Math.random() * windowMs),
        reason: 'restart',
      });
      if (session.isBrief) session.end(1012);
    }
    await this.closeEvenly(sessions, windowMs);
    // Whoever was being admitted when it began.
    for (const session of [...this.ports.hub.sessions.values()]) session.end(1012);
  }

  private async closeEvenly(sessions: readonly Session[], windowMs: number): Promise<void> {
    const { clock } = this.ports;
    const begun = clock.now();
    for (let closed = 0; closed < sessions.length; ) {
      await setTimeout(Math.min(DRAIN_STEP_MS, windowMs / sessions.length));
      const share = (clock.now() - begun) / Math.max(1, windowMs);
      const due = windowMs === 0 ? sessions.length : Math.ceil(sessions.length * share);
      for (; closed < Math.min(due, sessions.length); closed++) sessions[closed]?.end(1012);
    }
  }

  private context(session: Session): CommandContext {
    const { id: connectionId, caller, conversationId } = session;
    return {
      caller,
      connectionId,
      session,
      conversationId,
      reply: (frame) => {
        session.send(frame);
        if (frame.type === 'error' && (frame.code === 'bad_frame' || frame.code === 'rate_limited'))
          this.countRefusal(session, frame.code);
      },
    };
  }

  /** A user who opens one connection too many loses the oldest: it is the likeliest to be dead or forgotten. */
  private enrol(session: Session): void {
    const { userId } = session.caller;
    const all = including(this.byUser.get(userId), session);
    this.byUser.set(userId, all);
    const members = membersOf(all);
    if (members.size > this.ports.connectionsPerUser) [...members][0]?.end(4409);
  }

  private strikeOff(session: Session): void {
    const { userId } = session.caller;
    const others = excluding(this.byUser.get(userId), session);
    if (others) this.byUser.set(userId, others);
    else this.byUser.delete(userId);
  }

  private countRefusal(session: Session, reason: keyof typeof PATIENCE): void {
    const { times, withinMs, code } = PATIENCE[reason];
    const now = this.ports.clock.now();
    const before = this.refusals[reason].get(session) ?? [];
    const recent = before.filter((at) => now - at < withinMs);
    this.refusals[reason].set(session, [...recent, now]);
    if (recent.length + 1 >= times) session.end(code);
  }

  private failed(session: Session, error: unknown): void {
    const { code, message, spec, cause } = toAppError(error);
    this.ports.log[spec.log](
      { code, err: spec.log === 'error' ? cause : undefined },
      'session not opened',
    );
    session.send({ type: 'error', code, message, retryable: spec.retry });
    session.end(closeCodeOf(code));
  }

  /** One function for all sessions. */
  private readonly forget = (session: Session): void => {
    const { hub, channels, attendance } = this.ports;
    hub.remove(session);
    this.strikeOff(session);
    if (session.conversationId !== null) channels.leave(session, session.conversationId);
    attendance.closed(session);
  };
}

/** With nothing to wait for, the promises of what is done can go. */
function rest(session: Session): void {
  if (session.inbound?.length === 0) session.inbound = null;
}

function closeCodeOf(code: ReturnType<typeof toAppError>['code']): CloseCode {
  if (code === 'unavailable' || code === 'overloaded') return 1013;
  if (code === 'not_found') return 4410;
  return code === 'bad_cursor' ? 4400 : 1011;
}
