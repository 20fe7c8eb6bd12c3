import type { Clock } from '../platform/clock.js';
import { LIMITS } from '../protocol/limits.js';
import { encodeCursor } from './cursor.js';
import { encode } from './encoded.js';
import type { Hub } from './hub.js';
import type { Session } from './session.js';
import type { Sweep } from './sweep.js';

const TICK_MS = 1_000;
const SLOTS = LIMITS.pingMs / TICK_MS;
const PONG_TICKS = LIMITS.pongWaitMs / TICK_MS;
/** A peer that takes nothing is looked at this often. */
const STALL_TICKS = 5;
const EXPIRY_NOTICE_MS = 60_000;
const EXPIRY_LEEWAY_MS = 30_000;

/** One wheel for all sessions: pings, dead peers and expired tokens, without a timer per connection. */
export class Pulse {
  private readonly hub: Hub;
  private readonly sweep: Sweep;
  private readonly clock: Clock;
  private readonly slots = Array.from({ length: SLOTS }, () => new Set<Session>());
  private readonly timer: NodeJS.Timeout;
  private tick = 0;

  constructor(hub: Hub, sweep: Sweep, clock: Clock) {
    this.hub = hub;
    this.sweep = sweep;
    this.clock = clock;
    this.timer = setInterval(() => this.turn(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The emptiest slot would do; a random one spreads a storm of connections as well. */
  add(session: Session): void {
    session.heardAt = this.clock.now();
    this.slots[Math.floor(Math.random() * SLOTS)]?.add(session);
  }

  turn(): void {
    this.tick = (this.tick + 1) % SLOTS;
    for (const session of this.live(this.tick)) this.ping(session);
    for (const session of this.live(this.tick - PONG_TICKS)) this.judge(session);
    for (const session of this.live(this.tick - PONG_TICKS - 3)) session.beat();
    for (let slot = this.tick % STALL_TICKS; slot < SLOTS; slot += STALL_TICKS)
      for (const session of this.live(slot)) session.checkStall(this.clock.now());
  }

  private *live(slot: number): Generator<Session> {
    const sessions = this.slots[(slot + SLOTS) % SLOTS] as Set<Session>;
    for (const session of sessions) {
      if (session.isOpen && this.hub.has(session)) yield session;
      else sessions.delete(session);
    }
  }

  private ping(session: Session): void {
    this.checkExpiry(session);
    if (session.isBrief) return;
    session.pingedAt = this.clock.now();
    session.beat();
    session.reply(encode({ type: 'ping', heads: [], ...this.cursor(session) }));
  }

  /** Nothing heard since the ping: the peer is gone, whatever TCP says. */
  private judge(session: Session): void {
    if (session.answersPings && session.pingedAt > 0 && session.heardAt < session.pingedAt)
      session.end(4408);
  }

  private checkExpiry(session: Session): void {
    const left = session.caller.expiresAt - this.clock.now();
    if (left < -EXPIRY_LEEWAY_MS) session.end(4401);
    else if (left < EXPIRY_NOTICE_MS && !session.expiryAnnounced) {
      session.expiryAnnounced = true;
      const expiresAt = new Date(session.caller.expiresAt).toISOString();
      session.send({ type: 'auth', expiresAt, expiring: true });
    }
  }

  private cursor(session: Session): { cursor?: string } {
    if (session.conversationId !== null || session.userPosition === null) return {};
    const { epoch, sweptUntil: checkedAt } = this.sweep;
    return {
      cursor: encodeCursor({ kind: 'user', epoch, position: session.userPosition, checkedAt }),
    };
  }
}
