import type { Clock } from './clock';
import type { OutboxRecord } from './outbox-storage';

/** Longer than a standby that takes over can lag behind what was acknowledged. */
const KEPT_MS = 600_000;
const MOST = 200;

/** Acknowledged messages of late: a database that was rewound may have lost them, and their sender still knows them. */
export interface Settled {
  add(record: OutboxRecord): void;
  /** Those of a conversation, or all, in the order in which they were sent; forgets them. */
  take(conversationId?: string): readonly OutboxRecord[];
}

export function createSettled(clock: Clock): Settled {
  let kept: { record: OutboxRecord; at: number }[] = [];

  return {
    add({ clientId, conversationId, body, replyTo, createdAt }) {
      // The condition was met when it counted.
      const record = { clientId, conversationId, body, replyTo, createdAt, ifLastSeq: null };
      kept = [...kept, { record, at: clock.now() }].slice(-MOST);
    },
    take(conversationId) {
      const isWanted = ({ record }: (typeof kept)[number]) =>
        (conversationId ?? record.conversationId) === record.conversationId;
      const wanted = kept.filter((one) => isWanted(one) && clock.now() - one.at <= KEPT_MS);
      kept = kept.filter((one) => !isWanted(one));
      return wanted.map(({ record }) => record);
    },
  };
}
