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
const EXPIRY_TICKS = 5;
/** A token that lives shorter than this is announced to end in the middle of what is left. */
const EXPIRY_NOTICE_MS = 60_000;
/** Looked at every five seconds, so nobody stays for more than 30 seconds past the end. */
const EXPIRY_LEEWAY_MS = 25_000;

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
    this.renewed(session);
    this.slots[Math.floor(Math.random() * SLOTS)]?.add(session);
  }

  /** The session has another token than before. */
  renewed(session: Session): void {
    const { expiresAt } = session.caller;
    const left = expiresAt - this.clock.now();
    session.noticeAt = expiresAt - Math.min(EXPIRY_NOTICE_MS, left / 2);
  }

  turn(): void {
    this.tick = (this.tick + 1) % SLOTS;
    for (let ago = 0; ago < SLOTS; ago += EXPIRY_TICKS)
      for (const session of this.live(this.tick - ago)) this.checkExpiry(session);
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
    const now = this.clock.now();
    const { expiresAt } = session.caller;
    if (now >= expiresAt + EXPIRY_LEEWAY_MS) return session.end(4401);
    if (now < session.noticeAt) return;
    session.noticeAt = Number.POSITIVE_INFINITY;
    session.send({ type: 'auth', expiresAt: new Date(expiresAt).toISOString(), expiring: true });
  }

  private cursor(session: Session): { cursor?: string } {
    if (session.conversationId !== null || session.userPosition === null) return {};
    const { epoch, sweptUntil: checkedAt } = this.sweep;
    return {
      cursor: encodeCursor({ kind: 'user', epoch, position: session.userPosition, checkedAt }),
    };
  }
}
