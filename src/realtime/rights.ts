import { createCache } from '../platform/cache.js';
import type { Logger } from '../platform/logger.js';
import type { Envelope } from './bus/index.js';
import type { TokenIdentity } from './caller.js';
import type { Hub } from './hub.js';
import type { Session } from './session.js';
import { topics } from './topics.js';

/** How long a lost right may last when nobody announces its loss. */
const REVIEW_MS = 15_000;
/** Small enough that no message waits for a review. */
const BATCH = 250;
/** A session admitted on what was true before a change opens within this time. */
const SETTLE_MS = 10_000;

/** A user in a conversation. */
export interface Seat {
  readonly userId: string;
  readonly conversationId: string;
}

/** What the modules know. Never from a cache, for it decides who is sent away. */
export interface RightsPorts {
  /** Takes up what was revoked since the last time. */
  readRevocations(): Promise<void>;
  isRevoked(token: TokenIdentity): boolean;
  /** The businesses in which each of these people is staff; who is gone is missing. */
  businessesOf(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Those of the seats whose user may see the conversation. */
  visible(seats: readonly Seat[]): Promise<readonly Seat[]>;
  /** What is cached of a user's rights is out of date. */
  forget(userId: string): void;
}

/** For every node: look into the database. */
type Notice = { readonly op: 'revoked' } | { readonly op: 'rights'; readonly userId: string };

const noticeEnvelope = (notice: Notice): Envelope => ({
  topics: [topics.nodes],
  control: true,
  frame: JSON.stringify(notice),
});

export const revocationNotice = (): Envelope => noticeEnvelope({ op: 'revoked' });
export const rightsNotice = (userId: string): Envelope => noticeEnvelope({ op: 'rights', userId });
export const isNotice = ({ topics: [first] }: Envelope): boolean => first === topics.nodes;

/**
 * Holds open sessions to the rights of the moment: who is revoked or removed is cut off. Notices make that quick; the
 * review finds by itself what no notice has told, so neither a lost one nor an absent Redis keeps anybody connected.
 */
export class Rights {
  private readonly ports: RightsPorts;
  private readonly hub: Hub;
  private readonly log: Logger;
  /** Users whose rights have just changed. */
  private readonly unsettled = createCache<true>({ max: 10_000, ttl: SETTLE_MS });
  private timer: NodeJS.Timeout | undefined;
  /** One review after the other, so that an older reading never undoes a newer one. */
  private reviews = Promise.resolve();
  private tokens = Promise.resolve();
  private isReviewing = false;

  constructor(ports: RightsPorts, hub: Hub, log: Logger) {
    this.ports = ports;
    this.hub = hub;
    this.log = log;
  }

  /** Nobody is admitted before the revocations are known. */
  async start(): Promise<void> {
    await this.ports.readRevocations();
    this.timer = setInterval(() => void this.reviewAll(), REVIEW_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.reviews, this.tokens]);
  }

  noticed({ frame }: Envelope): void {
    const notice = JSON.parse(frame) as Notice;
    if (notice.op === 'revoked') this.reviewTokens();
    else this.changed(notice.userId);
  }

  /** Also called when a session gets another token: what it was admitted on may have changed since. */
  admitted(session: Session): void {
    const { token, userId } = session.caller;
    if (this.ports.isRevoked(token)) session.end(4401);
    else if (this.unsettled.has(userId)) this.run(() => this.reviewBatch([session]));
  }

  /** A user session gets the frames of exactly these businesses from now on. */
  setBusinesses(session: Session, staffOf: readonly string[]): void {
    const before = session.caller.staffOf;
    const lost = before.filter((id) => !staffOf.includes(id));
    const gained = staffOf.filter((id) => !before.includes(id));
    if (lost.length === 0 && gained.length === 0) return;
    session.caller = { ...session.caller, staffOf };
    if (session.conversationId !== null) return;
    for (const id of lost) this.hub.leave(session, topics.business(id));
    for (const id of gained) this.hub.join(session, topics.business(id));
    // Among the watched may be people of a lost business; the next sync says again whom to watch.
    if (lost.length > 0) this.unwatch(session);
  }

  private unwatch(session: Session): void {
    for (const topic of [...session.topics])
      if (topic.startsWith('presence:')) this.hub.leave(session, topic);
  }

  private changed(userId: string): void {
    this.ports.forget(userId);
    this.unsettled.set(userId, true);
    const theirs = [...this.hub.sessions.values()].filter((it) => it.caller.userId === userId);
    if (theirs.length > 0) this.run(() => this.reviewBatch(theirs));
  }

  private reviewAll(): void {
    this.reviewTokens();
    if (this.isReviewing) return;
    this.isReviewing = true;
    this.run(async () => {
      const sessions = [...this.hub.sessions.values()];
      for (let at = 0; at < sessions.length; at += BATCH)
        await this.reviewBatch(sessions.slice(at, at + BATCH));
    });
    this.run(async () => {
      this.isReviewing = false;
    });
  }

  /** Never behind a review of all sessions. Readings that are asked for at once are one. */
  private reviewTokens(): void {
    const reviewed = this.ports.readRevocations().then(() => {
      for (const session of [...this.hub.sessions.values()])
        if (this.ports.isRevoked(session.caller.token)) session.end(4401);
    });
    this.tokens = Promise.allSettled([this.tokens, reviewed]).then(() => {});
    reviewed.catch((error) => this.failed(error));
  }

  private async reviewBatch(sessions: readonly Session[]): Promise<void> {
    const userIds = [...new Set(sessions.map(({ caller }) => caller.userId))];
    const businesses = await this.ports.businessesOf(userIds);
    for (const session of sessions) {
      const staffOf = businesses.get(session.caller.userId);
      if (staffOf) this.setBusinesses(session, staffOf);
      else session.end(4401);
    }
    await this.reviewSeats(sessions);
  }

  private async reviewSeats(sessions: readonly Session[]): Promise<void> {
    const seated = sessions.flatMap((session) => {
      const { conversationId, caller, isOpen } = session;
      if (!isOpen || conversationId === null) return [];
      return [{ session, userId: caller.userId, conversationId }];
    });
    if (seated.length === 0) return;
    const visible = new Set((await this.ports.visible(seated)).map(keyOf));
    for (const seat of seated) {
      if (visible.has(keyOf(seat))) continue;
      this.ports.forget(seat.userId);
      seat.session.end(4403);
    }
  }

  private run(review: () => Promise<void>): void {
    this.reviews = this.reviews.then(review).catch((error) => this.failed(error));
  }

  private failed(error: Error): void {
    this.log.warn({ err: { message: error.message } }, 'rights of sessions not reviewed');
  }
}

const keyOf = ({ userId, conversationId }: Seat): string => `${userId}:${conversationId}`;
