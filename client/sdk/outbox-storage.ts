/** What is kept of an unsent message: enough to send it again under the same `clientId`. */
export interface OutboxRecord {
  readonly clientId: string;
  readonly conversationId: string;
  readonly body: string;
  readonly replyTo: number | null;
  readonly ifLastSeq: number | null;
  readonly createdAt: string;
}

/** Keeps unsent messages until they are acknowledged. `load` answers them in the order of `save`. */
export interface OutboxStorage {
  load(): Promise<readonly OutboxRecord[]>;
  save(record: OutboxRecord): Promise<void>;
  remove(clientId: string): Promise<void>;
}

export function memoryOutbox(): OutboxStorage {
  const records = new Map<string, OutboxRecord>();
  return {
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.clientId, record),
    remove: async (clientId) => void records.delete(clientId),
  };
}
