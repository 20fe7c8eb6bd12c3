import { batched } from '../../platform/batching.js';
import { createCache } from '../../platform/cache.js';
import type { Clock } from '../../platform/clock.js';
import type { Frame, FrameOf } from '../../protocol/frames.js';
import type { Status } from '../../protocol/resources/presence.js';
import type { Bus, Envelope } from '../bus/index.js';
import type { Hub } from '../hub.js';
import type { Session } from '../session.js';
import { topics } from '../topics.js';
import { LEASE_MS, type Presence } from './index.js';
import { LastSeen } from './last-seen.js';
import { type Beat, type Change, combine, type Departure, wentOffline } from './presence.js';

/** A page that reloads is not somebody who left. */
const GRACE_MS = 10_000;
const RENEW_MS = LEASE_MS / 3;
/** Every second renewal: what no announcement brought is put right within 20 s. */
const CORRECT_EVERY = 2;
const REMEMBERED = 50_000;
const WATCHED = topics.presence('');
/** When all staff of a business come back, what they change is read once more and not once for each of them. */
const ANNOUNCEMENTS = { atOnce: 1, most: 1_000 };
/** Whoever opens a conversation asks, and two statements under way leave the pool to those who send. */
const LAST_SEEN = { atOnce: 2, most: 200 };

/** Nothing: with the store away somebody began to watch without being told how things stand. */
type Told = Status | 'nothing';

export interface PeoplePorts {
  staffOf(businessId: string): Promise<readonly string[]>;
  lastSeen(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Times never fall. */
  markSeen(seen: ReadonlyMap<string, Date>): Promise<void>;
}

export interface AttendanceOptions {
  readonly presence: Presence;
  readonly bus: Bus;
  readonly people: PeoplePorts;
  /** The watchers of this node. */
  readonly hub: Pick<Hub, 'at' | 'deliver'>;
  readonly clock: Clock;
}

/**
 * Announces who comes and goes to the sessions that watch them. Presence never holds up a message: what fails here
 * makes the lease doubtful, and with the next renewal everything is said anew.
 */
export class Attendance {
  private readonly options: AttendanceOptions;
  private readonly lastSeen: LastSeen;
  private readonly lastSeenOf: PeoplePorts['lastSeen'];
  private readonly announceBusiness: (businessId: string) => Promise<void>;
  /** What the connections of this node say, those included whose grace is running. */
  private readonly statuses = new Map<Session, Status>();
  /** What watchers of this node were told last, by user and by business. */
  private readonly told = createCache<Told>({ max: REMEMBERED });
  private readonly toldOfBusinesses = createCache<Told>({ max: REMEMBERED });
  private readonly leaving = new Map<Session, NodeJS.Timeout>();
  /** The store holds a lease of this node and all of `statuses`, as far as anybody knows. */
  private isBegun = false;
  private beginning: Promise<void> | undefined;
  private renewal: NodeJS.Timeout | undefined;
  private renewals = 0;
  private tidying: Promise<void> | undefined;

  constructor(options: AttendanceOptions) {
    this.options = options;
    this.lastSeen = new LastSeen((seen) => options.people.markSeen(seen));
    this.lastSeenOf = batched({ ...LAST_SEEN, answer: (asked) => this.lastSeenFor(asked) });
    this.announceBusiness = batched({ ...ANNOUNCEMENTS, answer: (ids) => this.announceEach(ids) });
  }

  async start(): Promise<void> {
    this.renewal = setInterval(() => void this.renew(), RENEW_MS).unref();
    await this.begin().catch(() => {});
  }

  opened(session: Session): Promise<void> {
    return this.say(session, 'online', false);
  }

  /** What a client says of itself is passed on even when it changes nothing. */
  said(session: Session, status: Status): Promise<void> {
    return this.say(session, status, true);
  }

  closed(session: Session): void {
    const timer = setTimeout(() => void this.leave(session), GRACE_MS);
    this.leaving.set(session, timer.unref());
  }

  /** What is announced to the watchers of this node, by this node or another. */
  heard({ topics: [topic], frame }: Pick<Envelope, 'topics' | 'frame'>): void {
    if (!topic?.startsWith(WATCHED)) return;
    const id = topic.slice(WATCHED.length);
    // Nearly everybody who comes is watched by nobody here.
    for (const known of [this.told, this.toldOfBusinesses])
      if (known.has(id)) known.set(id, (JSON.parse(frame) as FrameOf<'status'>).status);
  }

  /** The present status of some people and of a business, as frames. When it cannot be read, it is told later. */
  async snapshot(userIds: readonly string[], businessId: string | null): Promise<Frame[]> {
    try {
      return await this.read(userIds, businessId);
    } catch (error) {
      for (const id of userIds) this.told.set(id, 'nothing');
      if (businessId) this.toldOfBusinesses.set(businessId, 'nothing');
      throw error;
    }
  }

  async availability(businessId: string): Promise<Status> {
    const staff = await this.options.people.staffOf(businessId);
    return combine((await this.options.presence.statuses(staff)).values());
  }

  /** The node stops: its people come back elsewhere within the grace, or another node finds them gone. */
  async stop(): Promise<void> {
    clearInterval(this.renewal);
    for (const timer of this.leaving.values()) clearTimeout(timer);
    await this.tidying;
    const gone = await this.options.presence.leave(GRACE_MS).catch(() => []);
    for (const { userId, at } of gone) this.lastSeen.note(userId, at);
    await this.lastSeen.flush();
  }

  private async read(userIds: readonly string[], businessId: string | null): Promise<Frame[]> {
    const { presence, people } = this.options;
    const staff = businessId ? await people.staffOf(businessId) : [];
    const statuses = await presence.statuses([...new Set([...userIds, ...staff])]);
    const away = userIds.filter((id) => !statuses.has(id));
    const lastSeen = away.length > 0 ? await this.lastSeenOf(away) : new Map<string, string>();
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

  private async say(session: Session, status: Status, always: boolean): Promise<void> {
    // Before it is among the statuses: what a new lease begins with has not changed by being said.
    await this.begin().catch(() => {});
    // Who left meanwhile would be among them for ever.
    if (!session.isOpen && !this.leaving.has(session)) return;
    this.statuses.set(session, status);
    const change = await this.changing(() => this.options.presence.set(beatOf(session, status)));
    if (change) await this.announce(session, change, always).catch(() => {});
  }

  private async leave(session: Session): Promise<void> {
    this.leaving.delete(session);
    this.statuses.delete(session);
    const { userId } = session.caller;
    const change = await this.changing(() =>
      this.options.presence.remove(userId, session.presenceId),
    );
    if (change) await this.announce(session, change, false).catch(() => {});
  }

  /** Null: the store is away, or the lease was lost. Nobody hears of the change until all is said anew. */
  private async changing(change: () => Promise<Change>): Promise<Change | null> {
    try {
      await this.begin();
      return await change();
    } catch {
      this.isBegun = false;
      return null;
    }
  }

  /** Read as it goes, so it is live. */
  private *beats(): Generator<Beat> {
    for (const [session, status] of this.statuses) yield beatOf(session, status);
  }

  private async begin(): Promise<void> {
    if (this.isBegun) return;
    this.beginning ??= this.options.presence.begin(this.beats()).finally(() => {
      this.beginning = undefined;
    });
    await this.beginning;
    this.isBegun = true;
  }

  private async announce(
    session: Session,
    { before, after }: Change,
    always: boolean,
  ): Promise<void> {
    if (before === after && !always) return;
    const { userId, staffOf } = session.caller;
    const now = new Date(this.options.clock.now());
    if (wentOffline({ before, after })) {
      this.lastSeen.note(userId, now);
      await this.lastSeen.flush();
    }
    const lastSeenAt = after === 'offline' ? now.toISOString() : null;
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

  private async announceEach(businessIds: readonly string[]): Promise<undefined[]> {
    await Promise.all([...new Set(businessIds)].map((id) => this.announceAvailability(id)));
    return businessIds.map(() => undefined);
  }

  private async announceAvailability(businessId: string): Promise<void> {
    const { bus, people, presence } = this.options;
    const staff = await people.staffOf(businessId);
    const frame = availability(businessId, staff, await presence.statuses(staff));
    bus.publish({ topics: [topics.presence(businessId)], frame: JSON.stringify(frame) });
  }

  /** Everybody once; whoever asked finds their people among the answers. */
  private async lastSeenFor(asked: readonly (readonly string[])[]) {
    const seen = await this.options.people.lastSeen([...new Set(asked.flat())]);
    return asked.map(() => seen);
  }

  /** The lease does not wait for the rest, which may take its time while the database is slow. */
  private async renew(): Promise<void> {
    try {
      if (this.isBegun) this.isBegun = await this.options.presence.renew();
      await this.begin();
    } catch {
      this.isBegun = false;
      return;
    }
    this.tidying ??= this.tidy()
      .catch(() => {})
      .finally(() => {
        this.tidying = undefined;
      });
  }

  private async tidy(): Promise<void> {
    const gone = await this.options.presence.reap();
    await this.depart(gone);
    this.renewals += 1;
    if (gone.length > 0 || this.renewals % CORRECT_EVERY === 0) await this.correct();
  }

  /** On behalf of a node that cannot do it any more. */
  private async depart(gone: readonly Departure[]): Promise<void> {
    for (const { userId, at } of gone) this.lastSeen.note(userId, at);
    await this.lastSeen.flush();
    for (const { userId, at } of gone) {
      const frame = { type: 'status', userId, status: 'offline', lastSeenAt: at.toISOString() };
      this.options.bus.publish({
        topics: [topics.presence(userId)],
        frame: JSON.stringify(frame),
      });
    }
  }

  /** Tells the local watchers what nobody announced, or what was lost on the way. */
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

function beatOf({ caller, presenceId }: Session, status: Status): Beat {
  return { userId: caller.userId, connectionId: presenceId, status };
}

function availability(
  businessId: string,
  staff: readonly string[],
  statuses: ReadonlyMap<string, Status>,
): FrameOf<'status'> {
  const status = combine(staff.map((id) => statuses.get(id) ?? 'offline'));
  return { type: 'status', businessId, status };
}
