/** What happened in a run, as the clients saw it. Times are milliseconds since the run began, monotonic. */
export interface History {
  readonly sends: Send[];
  readonly acks: Ack[];
  readonly refusals: Refusal[];
  readonly deliveries: Delivery[];
  readonly callbacks: Callback[];
  readonly breaches: Breach[];
  readonly links: LinkChange[];
  readonly sdkErrors: SdkError[];
  readonly faults: Fault[];
}

/** A message is identified by its conversation, its sender and the sender's `clientId`. */
export interface MessageKey {
  readonly conversationId: string;
  readonly senderId: string;
  readonly clientId: string;
}

/** The first try of a message. */
export interface Send extends MessageKey {
  readonly client: string;
  readonly at: number;
  /** Of the connection it went out on; null when it waited for one, or for the SDK, which decides itself. */
  readonly session: string | null;
  readonly bySdk: boolean;
}

export interface Ack extends MessageKey {
  readonly client: string;
  readonly at: number;
  readonly seq: number;
  readonly duplicate: boolean;
  /** The connection of the first try, when this answers it; null for an answer to a repeat. */
  readonly session: string | null;
  /** False when the client pretends that it got lost. */
  readonly heard: boolean;
}

interface Refusal extends MessageKey {
  readonly client: string;
  readonly at: number;
  readonly code: string;
}

/** The first time that a client saw a message of somebody else. */
export interface Delivery extends MessageKey {
  readonly client: string;
  readonly at: number;
  readonly caughtUp: boolean;
}

/** What the SDK announced as a new message. */
export interface Callback {
  readonly client: string;
  readonly conversationId: string;
  readonly seq: number;
}

/** A rule of the protocol that a plain client saw broken. */
export interface Breach {
  readonly client: string;
  readonly at: number;
  readonly kind: 'gap' | 'repeat' | 'resync' | 'rest';
  readonly detail: string;
}

interface LinkChange {
  readonly client: string;
  readonly at: number;
  readonly up: boolean;
}

interface SdkError {
  readonly client: string;
  readonly at: number;
  readonly code: string;
}

export interface Fault {
  readonly name: string;
  /** Indices of the nodes that it touches. */
  readonly nodes: readonly number[];
  readonly begin: number;
  /** When what was broken had been repaired. */
  readonly end: number;
  readonly note: string;
}

export function emptyHistory(): History {
  return {
    sends: [],
    acks: [],
    refusals: [],
    deliveries: [],
    callbacks: [],
    breaches: [],
    links: [],
    sdkErrors: [],
    faults: [],
  };
}

export const keyOf = ({ conversationId, senderId, clientId }: MessageKey): string =>
  `${conversationId} ${senderId} ${clientId}`;

const origin = performance.now();
export const now = (): number => Math.round((performance.now() - origin) * 10) / 10;

/** One event a line, in the order of kinds; small enough to keep beside a failed run. */
export function* linesOf(history: History): Generator<string> {
  for (const [kind, events] of Object.entries(history)) {
    for (const event of events) yield JSON.stringify({ kind, ...event });
  }
}
