import { createCache } from '../../platform/cache.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Access } from './access.js';

/** Of one person in one conversation; a waiting mark is written when its second is over. */
const EVERY_MS = 1_000;
/** Rows of one statement. */
const MAX_BATCH = 500;
/** Every second once more: a restart of the database loses no mark. */
const MAX_TRIES = 10;
const REMEMBERED = 100_000;

export interface Watermarks {
  readonly delivered: number;
  readonly read: number;
}

export interface Mark extends Watermarks {
  readonly access: Access;
  readonly userId: string;
}

export interface Marked {
  readonly outcome: 'raised' | 'same' | 'bad_seq' | 'missing';
  /** The conversation's last change. */
  readonly head: number;
  /** Null: a private mark of staff, of which no receipt comes. */
  readonly deliveredSeq: number | null;
  readonly readSeq: number;
  /** Null: the own stream did not change. */
  readonly userSeq: number | null;
  readonly unread: number | null;
}

export interface MarksPorts {
  /** One answer for each, in order; all or none are stored. */
  store(marks: readonly Mark[]): Promise<Marked[]>;
  /** In the order of their numbers in each own stream. */
  raised(mark: Mark, marked: Marked): void;
  readonly clock: Clock;
}

interface Waiter extends Watermarks {
  resolve(): void;
  reject(error: unknown): void;
}

interface Entry extends Mark {
  readonly waiters: readonly Waiter[];
  readonly dueAt: number;
  /** Which try the next one is. */
  readonly tries: number;
}

/**
 * Coalesces watermarks: one write a second for each person and conversation, and one statement for all that are due.
 * What waits is the highest of all that were asked for, so a crash loses a second of marks, which clients repeat.
 */
export class Marks {
  private readonly ports: MarksPorts;
  private readonly waiting = new Map<string, Entry>();
  private readonly written = createCache<Watermarks & { readonly at: number }>({
    max: REMEMBERED,
  });
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(ports: MarksPorts) {
    this.ports = ports;
  }

  /** Resolves when it is stored, which may take the rest of the second; rejects beyond the head. */
  raise(mark: Mark): Promise<void> {
    const key = keyOf(mark);
    const written = this.written.get(key);
    const now = this.ports.clock.now();
    const isFresh = written !== undefined && now - written.at < EVERY_MS;
    if (isFresh && written.read >= mark.read && written.delivered >= reachOf(mark))
      return Promise.resolve();
    const dueAt = this.waiting.get(key)?.dueAt ?? (isFresh ? written.at + EVERY_MS : now);
    return this.wait(mark, dueAt, 1);
  }

  /** For those who wait for the answer, whose requests are limited anyway: at once, and a failure is theirs. */
  raiseNow(mark: Mark): Promise<void> {
    return this.wait(mark, this.ports.clock.now(), MAX_TRIES);
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    while (this.waiting.size > 0 || this.writing) {
      for (const [key, entry] of this.waiting)
        this.waiting.set(key, { ...entry, dueAt: 0, tries: Math.max(entry.tries, MAX_TRIES - 1) });
      this.pump();
      await this.writing;
    }
  }

  private wait(mark: Mark, dueAt: number, tries: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { delivered, read } = mark;
      this.add({ ...mark, waiters: [{ delivered, read, resolve, reject }], dueAt, tries });
      // What comes in one turn of the event loop shares a statement.
      setImmediate(() => this.pump());
    });
  }

  private add(entry: Entry): void {
    const key = keyOf(entry);
    const known = this.waiting.get(key);
    this.waiting.set(key, known ? joined(known, entry) : entry);
  }

  private pump(): void {
    if (this.writing) return;
    clearTimeout(this.timer);
    const now = this.ports.clock.now();
    const due = [...this.waiting.values()].filter(({ dueAt }) => dueAt <= now).slice(0, MAX_BATCH);
    if (due.length === 0) return this.sleep(now);
    for (const entry of due) this.waiting.delete(keyOf(entry));
    this.writing = this.write(due).finally(() => {
      this.writing = undefined;
      this.pump();
    });
  }

  private sleep(now: number): void {
    if (this.waiting.size === 0) return;
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.waiting.values()) next = Math.min(next, dueAt);
    this.timer = setTimeout(() => this.pump(), next - now).unref();
  }

  private async write(entries: readonly Entry[]): Promise<void> {
    try {
      const marked = await this.ports.store(entries);
      for (const [index, entry] of entries.entries()) this.settle(entry, marked[index] as Marked);
    } catch (error) {
      for (const entry of entries) this.retry(entry, error);
    }
  }

  private settle(entry: Entry, marked: Marked): void {
    if (marked.outcome === 'bad_seq') return this.refuse(entry, marked.head);
    if (marked.outcome === 'raised') this.ports.raised(entry, marked);
    this.written.set(keyOf(entry), {
      delivered: marked.deliveredSeq ?? Number.POSITIVE_INFINITY,
      read: marked.readSeq,
      at: this.ports.clock.now(),
    });
    for (const { resolve } of entry.waiters) resolve();
  }

  /** Who asked for too much is told so; the others, who waited for the same write, get theirs. */
  private refuse(entry: Entry, head: number): void {
    const honest = entry.waiters.filter((waiter) => reachOf(waiter) <= head);
    for (const waiter of entry.waiters)
      if (!honest.includes(waiter))
        waiter.reject(
          new AppError('bad_seq', '`seq` lies beyond the last change of the conversation.'),
        );
    if (honest.length > 0) this.add({ ...entry, ...highest(honest), waiters: honest });
  }

  private retry(entry: Entry, error: unknown): void {
    const { tries } = entry;
    if (tries < MAX_TRIES)
      return this.add({
        ...entry,
        tries: tries + 1,
        dueAt: this.ports.clock.now() + EVERY_MS,
      });
    for (const { reject } of entry.waiters) reject(error);
  }
}

const keyOf = ({ userId, access }: Mark) => `${userId}:${access.conversationId}`;
/** What is read has been delivered. */
const reachOf = ({ delivered, read }: Watermarks) => Math.max(delivered, read);

function highest(marks: readonly Watermarks[]): Watermarks {
  return {
    delivered: Math.max(...marks.map(({ delivered }) => delivered)),
    read: Math.max(...marks.map(({ read }) => read)),
  };
}

/** The newer one knows the present rights. */
function joined(known: Entry, newer: Entry): Entry {
  return {
    ...newer,
    ...highest([known, newer]),
    waiters: [...known.waiters, ...newer.waiters],
    dueAt: Math.min(known.dueAt, newer.dueAt),
    tries: Math.min(known.tries, newer.tries),
  };
}
