import type { Message } from '@protocol/resources/message';
import { ChatError, toChatError } from './errors';
import { type LaneDeps, type OutboxEntry, OutboxLane } from './outbox-lane';
import type { OutboxRecord, OutboxStorage } from './outbox-storage';
import { createSettled, type Settled } from './settled';

export interface OutboxDeps extends LaneDeps {
  readonly storage: OutboxStorage;
  readonly events: {
    /** The entries of a conversation changed. */
    changed(conversationId: string): void;
    /** Called before the entry leaves, so that the message never shows nowhere. */
    sent(message: Message): void;
    error(error: ChatError): void;
  };
}

/** A `clientId` is unique within its conversation only. */
type Key = Pick<OutboxRecord, 'conversationId' | 'clientId'>;
const keyOf = ({ conversationId, clientId }: Key) => `${conversationId} ${clientId}`;

interface Promised {
  resolve(message: Message): void;
  reject(error: ChatError): void;
}

/** Unsent messages, kept and sent again under the same `clientId` until they are settled. */
export class Outbox {
  private readonly deps: OutboxDeps;
  private readonly lanes = new Map<string, OutboxLane>();
  private readonly promised = new Map<string, Promised[]>();
  private readonly settled: Settled;

  constructor(deps: OutboxDeps) {
    this.deps = deps;
    this.settled = createSettled(deps.clock);
    void this.restore();
  }

  entries(conversationId: string): readonly OutboxEntry[] {
    return this.lanes.get(conversationId)?.entries ?? [];
  }

  send(record: OutboxRecord): Promise<Message> {
    const sent = new Promise<Message>((resolve, reject) => {
      const key = keyOf(record);
      this.promised.set(key, [...(this.promised.get(key) ?? []), { resolve, reject }]);
    });
    this.enqueue(record);
    return sent;
  }

  retry(conversationId: string, clientId: string): void {
    const entry = this.find(conversationId, clientId);
    if (entry?.state !== 'failed') return;
    this.lanes.get(conversationId)?.remove(clientId);
    this.enqueue(entry);
  }

  discard(conversationId: string, clientId: string): void {
    const entry = this.find(conversationId, clientId);
    if (entry === undefined) return;
    this.leave(entry);
    const error = new ChatError({ code: 'discarded', message: 'Discarded before it was sent' });
    for (const { reject } of this.take(entry)) reject(error);
  }

  /** The message came back, by whatever way. */
  confirm(message: Message): void {
    const entry = this.find(message.conversationId, message.clientId);
    if (entry === undefined) return;
    this.deps.events.sent(message);
    this.settled.add(entry);
    this.leave(entry);
    for (const { resolve } of this.take(message)) resolve(message);
  }

  /** On every new connection: what is not acknowledged goes again. */
  resend(): void {
    for (const lane of this.lanes.values()) lane.restart();
  }

  /** After a resync: what was acknowledged of late goes again as well, before the rest. The server knows repeats. */
  recall(conversationId?: string): void {
    const recent = this.settled.take(conversationId);
    const lost = recent.filter((record) => !this.find(record.conversationId, record.clientId));
    for (const record of lost) this.keep(this.deps.storage.save(record));
    for (const id of new Set(lost.map((record) => record.conversationId))) {
      this.laneOf(id).putFirst(lost.filter((record) => record.conversationId === id));
      this.deps.events.changed(id);
    }
    for (const [id, lane] of this.lanes) if ((conversationId ?? id) === id) lane.restart();
  }

  private async restore(): Promise<void> {
    try {
      for (const record of await this.deps.storage.load()) this.enqueue(record);
    } catch (cause) {
      this.deps.events.error(toChatError(cause));
    }
  }

  private keep(write: Promise<void>): void {
    write.catch((cause) => this.deps.events.error(toChatError(cause)));
  }

  private find(conversationId: string, clientId: string): OutboxEntry | undefined {
    return this.entries(conversationId).find((entry) => entry.clientId === clientId);
  }

  private take(message: Key): readonly Promised[] {
    const promised = this.promised.get(keyOf(message)) ?? [];
    this.promised.delete(keyOf(message));
    return promised;
  }

  private laneOf(conversationId: string): OutboxLane {
    const known = this.lanes.get(conversationId);
    if (known !== undefined) return known;
    const lane = new OutboxLane(this.deps, {
      sent: (message) => this.confirm(message),
      failed: (entry, error) => this.failed(entry, error),
    });
    this.lanes.set(conversationId, lane);
    return lane;
  }

  private enqueue(record: OutboxRecord): void {
    const { conversationId, clientId } = record;
    if (this.find(conversationId, clientId) !== undefined) return;
    this.keep(this.deps.storage.save(record));
    this.laneOf(conversationId).add(record);
    this.deps.events.changed(conversationId);
  }

  private failed(entry: OutboxEntry, error: ChatError): void {
    this.keep(this.deps.storage.remove(entry.clientId));
    for (const { reject } of this.take(entry)) reject(error);
    this.deps.events.changed(entry.conversationId);
  }

  private leave(entry: OutboxEntry): void {
    this.keep(this.deps.storage.remove(entry.clientId));
    this.lanes.get(entry.conversationId)?.remove(entry.clientId);
    this.deps.events.changed(entry.conversationId);
  }
}
