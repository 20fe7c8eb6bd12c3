import type { Topic } from '../topics.js';

/** Routing header and finished frame. Nodes read the header only. */
export interface Envelope {
  readonly topics: readonly Topic[];
  /** Set on frames of a conversation: reaches its conversation sessions, and keeps its frames in one shard. */
  readonly conversationId?: string;
  /** Set on durable frames: the number in the conversation's counter or, without one, in the user's. */
  readonly changeSeq?: number;
  /** The connection that caused the frame and does not get it back. */
  readonly except?: string;
  /** For the node that owns the session, not for its peer. */
  readonly control?: boolean;
  readonly frame: string;
}

/**
 * Carries hints between nodes. At most once: a lost envelope costs latency, because the sweep finds what it announced.
 * Envelopes of one conversation from one publisher keep their order. The publisher's own node is served at once.
 */
export interface Bus {
  publish(envelope: Envelope): void;
  /** One subscriber per node. */
  subscribe(deliver: (envelope: Envelope) => void): Promise<void>;
  close(): Promise<void>;
}
