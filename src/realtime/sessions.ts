import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../platform/clock.js';
import { toAppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import type { CloseCode } from '../protocol/close-codes.js';
import type { Channels } from './channel.js';
import type { CommandContext, Outcome } from './commands.js';
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
const BAD_FRAMES = 3;
const BAD_FRAMES_WINDOW_MS = 60_000;

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
}

/** Opens, feeds and closes the sessions of this node. Transports call it; it calls no transport. */
export class Sessions {
  private readonly ports: SessionsPorts;
  private readonly inbound = new WeakMap<Session, { tail: Promise<unknown>; length: number }>();
  private readonly badFrames = new WeakMap<Session, number[]>();

  constructor(ports: SessionsPorts) {
    this.ports = ports;
  }

  /** Synchronous, so that no frame of the peer is missed; what it sends waits until the session is open. */
  open({ caller, conversationId, after }: Admission, link: Link): Session {
    const id = randomBytes(16).toString('hex');
    const session = new Session({ id, caller, conversationId, link });
    session.onEnd = () => this.forget(session);
    const opened = this.ports.opening
      .open(session, after)
      .catch((error) => this.failed(session, error));
    this.inbound.set(session, { tail: opened, length: 0 });
    this.ports.pulse.add(session);
    this.ports.rights.admitted(session);
    return session;
  }

  /** Commands of one session are handled in the order in which they came. */
  receive(session: Session, raw: string): void {
    const { clock, receiver } = this.ports;
    session.heardAt = clock.now();
    const queue = this.inbound.get(session);
    if (!queue || !session.isOpen) return;
    if (++queue.length > MAX_EARLY && session.isOpening) return session.end(1008);
    if (queue.length > MAX_INBOUND) return session.end(4429);
    queue.tail = queue.tail
      .then(() => (session.isOpen ? receiver.text(raw, this.context(session)) : undefined))
      .finally(() => queue.length--);
  }

  /** A command that came by HTTP for a session which may live here or on another node. */
  async post(value: unknown, context: CommandContext): Promise<void> {
    const outcome: Outcome = await this.ports.receiver.value(value, context);
    await outcome?.done;
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
    }
    const step = windowMs / Math.max(1, sessions.length);
    for (const session of sessions) {
      if (step >= 1) await setTimeout(step);
      session.end(1012);
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
        if (frame.type === 'error' && frame.code === 'bad_frame') this.countBadFrame(session);
      },
    };
  }

  private countBadFrame(session: Session): void {
    const now = this.ports.clock.now();
    const recent = (this.badFrames.get(session) ?? []).filter(
      (at) => now - at < BAD_FRAMES_WINDOW_MS,
    );
    this.badFrames.set(session, [...recent, now]);
    if (recent.length + 1 >= BAD_FRAMES) session.end(4400);
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

  private forget(session: Session): void {
    const { hub, channels, attendance } = this.ports;
    hub.remove(session);
    if (session.conversationId !== null) channels.leave(session, session.conversationId);
    attendance.closed(session);
  }
}

function closeCodeOf(code: ReturnType<typeof toAppError>['code']): CloseCode {
  if (code === 'unavailable' || code === 'overloaded') return 1013;
  if (code === 'not_found') return 4410;
  return code === 'bad_cursor' ? 4400 : 1011;
}
