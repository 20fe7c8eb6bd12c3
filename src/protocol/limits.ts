/** Bounds that both sides know. Sizes in bytes of UTF-8, times in milliseconds. */
export const LIMITS = {
  frameBytes: 65_536,
  bodyBytes: 16_384,
  clientIdLength: 64,
  syncConversations: 100,
  /** Rows that a catch-up sends over the connection; beyond that the client pages REST. */
  catchUpRows: 1_000,
  historyPage: 200,
  pingMs: 25_000,
  pongWaitMs: 10_000,
  reconnectWindowMs: 1_000,
  typingTtlMs: 6_000,
  typingEveryMs: 3_000,
} as const;
