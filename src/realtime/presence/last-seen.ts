/** When people were seen last: kept until it is stored, and what waits is stored together. */
export class LastSeen {
  private readonly store: (seen: ReadonlyMap<string, Date>) => Promise<void>;
  private waiting = new Map<string, Date>();
  private writing = Promise.resolve();

  constructor(store: (seen: ReadonlyMap<string, Date>) => Promise<void>) {
    this.store = store;
  }

  note(userId: string, at: Date): void {
    const known = this.waiting.get(userId);
    if (!known || known < at) this.waiting.set(userId, at);
  }

  /** Never rejects: what could not be stored waits for the next time. */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const seen = this.waiting;
    if (seen.size === 0) return;
    this.waiting = new Map();
    await this.store(seen).catch(() => {
      for (const [userId, at] of seen) this.note(userId, at);
    });
  }
}
