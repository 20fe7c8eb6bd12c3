import type { OutboxRecord, OutboxStorage } from '../../sdk';

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * Unsent messages outlive a reload. Two tabs may both send what they find here: the `clientId` makes that one message.
 */
export function createOutbox(userId: string, storage: Kept): OutboxStorage {
  const key = `servihub.outbox.${userId}`;
  const read = (): readonly OutboxRecord[] => parse(storage.getItem(key));
  const without = (clientId: string) => read().filter((record) => record.clientId !== clientId);
  const write = (records: readonly OutboxRecord[]) =>
    records.length === 0 ? storage.removeItem(key) : storage.setItem(key, JSON.stringify(records));

  return {
    load: async () => read(),
    save: async (record) => write([...without(record.clientId), record]),
    remove: async (clientId) => write(without(clientId)),
  };
}

/** Storage can hold anything; what is not a list counts as none. */
function parse(stored: string | null): readonly OutboxRecord[] {
  try {
    const value: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
