export type TransportName = 'websocket' | 'sse' | 'poll';

/** Where and as whom to connect. */
export interface LinkTarget {
  /** Origin of the service, without a slash at the end. */
  readonly url: string;
  /** Cursor to resume from. */
  readonly after: string | null;
  /** Read at every use: it changes while the link lives when the token is renewed. */
  token(): string;
}

export interface LinkClose {
  readonly code: number;
  readonly clean: boolean;
}

export interface LinkEvents {
  open(): void;
  /** `cursor`: where to resume from once this frame is applied, on transports that say so. */
  frame(data: string, cursor?: string): void;
  close(reason: LinkClose): void;
}

/** Frames leave in the order of `send`. After `close()` no event comes any more. */
export interface Link {
  send(frame: string): void;
  close(): void;
}

/** `open` returns at once; exactly one `close` event ends a link that was not closed from this side. */
export interface Transport {
  readonly name: TransportName;
  isSupported(): boolean;
  open(target: LinkTarget, events: LinkEvents): Link;
}
