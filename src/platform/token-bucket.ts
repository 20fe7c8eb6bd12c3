/** Fills up steadily, and is taken from as long as there is something in it. */
export class TokenBucket {
  tokens: number;
  private at: number;

  constructor(tokens: number, now: number) {
    this.tokens = tokens;
    this.at = now;
  }

  /**
   * Zero when the cost was taken, else the milliseconds until it could be. A refusal costs nothing, or whoever comes back
   * in time would be refused for ever.
   */
  take(cost: number, perSecond: number, burst: number, now: number): number {
    this.tokens = Math.min(burst, this.tokens + (Math.max(0, now - this.at) / 1_000) * perSecond);
    this.at = now;
    if (this.tokens < cost) return Math.ceil(((cost - this.tokens) / perSecond) * 1_000);
    this.tokens -= cost;
    return 0;
  }
}
