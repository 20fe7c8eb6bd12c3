import type { Topic } from '../topics.js';

/** Routing header and finished frame. Nodes read the header only. */
export interface Envelope {
  readonly topics: readonly Topic[];
  /** Set on frames of a conversation: reaches its conversation sessions. */
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
 * Envelopes of one publisher keep their order. The publisher's own node is served at once.
 */
export interface Bus {
  /** Whether nodes in other processes can hear this one at all. */
  readonly isShared: boolean;
  publish(envelope: Envelope): void;
  /**
   * One subscriber per node. `onHealth` is told whenever the bus is found to work or not to work; at each change
   * envelopes may have been lost.
   */
  subscribe(
    deliver: (envelope: Envelope) => void,
    onHealth?: (isHealthy: boolean) => void,
  ): Promise<void>;
  /** Never waits for a peer that does not answer. */
  close(): Promise<void>;
}
