/** What a network does to the connections that cross it. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Nothing comes through and nothing is closed: what was sent arrives when it clears up, as TCP would repeat it. */
  | { readonly kind: 'black-hole' }
  /** The same, for what flows to the side that accepted. */
  | { readonly kind: 'half-open' }
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Connections are reset, and new ones too. */
  | { readonly kind: 'cut' };

export const CLEAR: Weather = { kind: 'clear' };

export type Direction = 'up' | 'down';

/** Bytes of `queued` that may pass now; `waitedMs` is how long its head has waited. */
export function allowance(
  weather: Weather,
  direction: Direction,
  queued: number,
  waitedMs: number,
  sinceMs: number,
): number {
  switch (weather.kind) {
    case 'clear':
      return queued;
    case 'half-open':
      return direction === 'up' ? queued : 0;
    case 'latency':
      return waitedMs >= weather.ms ? queued : 0;
    case 'slow':
      return Math.floor((weather.bytesPerSecond * sinceMs) / 1_000);
    default:
      return 0;
  }
}

/** Whether not even the end of a connection gets through. */
export function holds({ kind }: Weather, direction: Direction): boolean {
  return kind === 'black-hole' || (kind === 'half-open' && direction === 'down');
}
