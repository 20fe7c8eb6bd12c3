import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.js';
import type { Frame, FrameOf } from '../../protocol/frames.js';
import type { Status } from '../../protocol/resources/presence.js';
import type { Bus } from '../bus/index.js';
import type { Hub } from '../hub.js';
import type { Session } from '../session.js';
import { topics } from '../topics.js';
import { PRESENCE_RENEW_MS, type Presence } from './index.js';
import { type Beat, type Change, combine } from './presence.js';

/** A page that reloads is not somebody who left. */
const GRACE_MS = 10_000;
const REMEMBERED = 50_000;

export interface PeoplePorts {
  staffOf(businessId: string): Promise<readonly string[]>;
  lastSeen(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  markSeen(userId: string, at: Date): Promise<void>;
}

export interface AttendanceOptions {
  readonly presence: Presence;
  readonly bus: Bus;
  readonly people: PeoplePorts;
  /** The watchers of this node. */
  readonly hub: Pick<Hub, 'at' | 'deliver'>;
  readonly clock: Clock;
  readonly graceMs?: number;
}

/**
 * Announces who comes and goes to the sessions that watch them. Presence never holds up a message: whatever fails
 * here is dropped, and the next renewal or snapshot says how things stand.
 */
export class Attendance {
  private readonly options: AttendanceOptions;
  private readonly beats = new Map<string, Beat>();
  /** What watchers of this node were told last, by user and by business. */
  private readonly told = new LRUCache<string, Status>({ max: REMEMBERED });
  private readonly toldOfBusinesses = new LRUCache<string, Status>({ max: REMEMBERED });
  private readonly leaving = new Map<Session, NodeJS.Timeout>();
  private readonly renewal: NodeJS.Timeout;

  constructor(options: AttendanceOptions) {
    this.options = options;
    this.renewal = setInterval(() => void this.renew(), PRESENCE_RENEW_MS).unref();
  }

  opened(session: Session): Promise<void> {
    return this.say(session, 'online', false);
  }

  /** What a client says of itself is passed on even when it changes nothing. */
  said(session: Session, status: Status): Promise<void> {
    return this.say(session, status, true);
  }

  closed(session: Session): void {
    this.beats.delete(session.presenceId);
    const timer = setTimeout(() => void this.leave(session), this.options.graceMs ?? GRACE_MS);
    this.leaving.set(session, timer.unref());
  }

  /** The present status of some people and of a business, as frames. */
  async snapshot(userIds: readonly string[], businessId: string | null): Promise<Frame[]> {
    const { presence, people } = this.options;
    const staff = businessId ? await people.staffOf(businessId) : [];
    const statuses = await presence.statuses([...new Set([...userIds, ...staff])]);
    const lastSeen = await people.lastSeen(userIds.filter((id) => !statuses.has(id)));
    const frames: Frame[] = userIds.map((userId) => {
      const status = statuses.get(userId) ?? 'offline';
      this.told.set(userId, status);
      return { type: 'status', userId, status, lastSeenAt: lastSeen.get(userId) ?? null };
    });
    if (businessId) {
      const frame = availability(businessId, staff, statuses);
      this.toldOfBusinesses.set(businessId, frame.status);
      frames.push(frame);
    }
    return frames;
  }

  async availability(businessId: string): Promise<Status> {
    const staff = await this.options.people.staffOf(businessId);
    return combine((await this.options.presence.statuses(staff)).values());
  }

  /** The node stops: its people leave at once, without grace. */
  async stop(): Promise<void> {
    clearInterval(this.renewal);
    for (const timer of this.leaving.values()) clearTimeout(timer);
    const gone = [...this.beats.values()];
    this.beats.clear();
    await Promise.allSettled([
      ...gone.map((b) => this.options.presence.remove(b.userId, b.connectionId)),
      ...[...this.leaving.keys()].map((session) => this.leave(session)),
    ]);
  }

  private async say(session: Session, status: Status, always: boolean): Promise<void> {
    const beat = { userId: session.caller.userId, connectionId: session.presenceId, status };
    this.beats.set(session.presenceId, beat);
    try {
      await this.announce(session, await this.options.presence.set(beat), always);
    } catch {
      // Redis is away: nobody hears of it until the next renewal.
    }
  }

  private async leave(session: Session): Promise<void> {
    this.leaving.delete(session);
    const { presence, people, clock } = this.options;
    try {
      const change = await presence.remove(session.caller.userId, session.presenceId);
      if (change.after === 'offline')
        await people.markSeen(session.caller.userId, new Date(clock.now()));
      await this.announce(session, change, false);
    } catch {
      // The connection expires by itself.
    }
  }

  private async announce(
    session: Session,
    { before, after }: Change,
    always: boolean,
  ): Promise<void> {
    if (before === after && !always) return;
    const { userId, staffOf } = session.caller;
    const lastSeenAt =
      after === 'offline' ? new Date(this.options.clock.now()).toISOString() : null;
    const frame = JSON.stringify({ type: 'status', userId, status: after, lastSeenAt });
    const { conversationId } = session;
    this.options.bus.publish({
      topics: [topics.presence(userId)],
      except: session.id,
      frame,
      ...(conversationId !== null && always && { conversationId }),
    });
    if (before !== after) for (const businessId of staffOf) await this.announceBusiness(businessId);
  }

  private async announceBusiness(businessId: string): Promise<void> {
    const { bus, people, presence } = this.options;
    const staff = await people.staffOf(businessId);
    const frame = availability(businessId, staff, await presence.statuses(staff));
    bus.publish({ topics: [topics.presence(businessId)], frame: JSON.stringify(frame) });
  }

  private async renew(): Promise<void> {
    try {
      await this.options.presence.renew([...this.beats.values()]);
      await this.correct();
    } catch {
      // Redis is away: the next renewal does both.
    }
  }

  /** Tells the local watchers what nobody announced: a node that died took its announcements with it. */
  private async correct(): Promise<void> {
    const { hub, presence } = this.options;
    const isWatched = (id: string) => hub.at([topics.presence(id)]).size > 0;
    const users = [...this.told.keys()].filter(isWatched);
    const statuses = await presence.statuses(users);
    const wrong = users.filter((id) => (statuses.get(id) ?? 'offline') !== this.told.get(id));
    const frames = await this.snapshot(wrong, null);
    for (const id of [...this.toldOfBusinesses.keys()].filter(isWatched)) {
      const before = this.toldOfBusinesses.get(id);
      if ((await this.availability(id)) !== before) frames.push(...(await this.snapshot([], id)));
    }
    for (const frame of frames) this.tellWatchers(frame);
  }

  private tellWatchers(frame: Frame): void {
    if (frame.type !== 'status') return;
    const id = 'userId' in frame ? frame.userId : frame.businessId;
    this.options.hub.deliver({ topics: [topics.presence(id)], frame: JSON.stringify(frame) });
  }
}

function availability(
  businessId: string,
  staff: readonly string[],
  statuses: ReadonlyMap<string, Status>,
): FrameOf<'status'> {
  const status = combine(staff.map((id) => statuses.get(id) ?? 'offline'));
  return { type: 'status', businessId, status };
}
