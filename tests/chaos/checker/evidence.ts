import type { NodeExit } from '../cluster/node.js';
import { groupBy } from '../group-by.js';
import type { History } from '../history.js';

/** A message as PostgreSQL has it. */
export interface Row {
  readonly conversationId: string;
  readonly seq: number;
  readonly changeSeq: number;
  readonly senderId: string;
  readonly clientId: string;
  readonly body: string;
}

/** What PostgreSQL holds at the end. */
export class Truth {
  readonly rows: readonly Row[];
  /** By conversation. */
  readonly heads: ReadonlyMap<string, number>;
  private readonly byConversation: ReadonlyMap<string, readonly Row[]>;

  constructor(rows: readonly Row[], heads: ReadonlyMap<string, number>) {
    this.rows = rows;
    this.heads = heads;
    this.byConversation = groupBy(rows, ({ conversationId }) => conversationId);
  }

  rowsOf(conversationId: string): readonly Row[] {
    return this.byConversation.get(conversationId) ?? [];
  }
}

/** What a client holds of a conversation when it has come back for the last time. */
export interface Holding {
  readonly client: string;
  readonly conversationId: string;
  /** The first `seq` of what it has loaded. */
  readonly from: number;
  readonly position: number;
  readonly messages: readonly Omit<Row, 'conversationId'>[];
}

/** Somebody who left, and who is still shown to be there. */
export interface Stuck {
  readonly userId: string;
  readonly seenBy: string;
  readonly status: string;
}

/** Everything that a verdict rests on. */
export interface Evidence {
  readonly history: History;
  readonly truth: Truth;
  readonly holdings: readonly Holding[];
  /** Clients with a send that nobody answers, long after everything works again. */
  readonly unanswered: readonly string[];
  /** Clients that stayed connected and did not reach the head by themselves. */
  readonly laggards: readonly string[];
  /** Clients that did not reach the head even by coming back. */
  readonly stragglers: readonly string[];
  readonly stuck: readonly Stuck[];
  readonly exits: readonly NodeExit[];
  readonly logged: readonly string[];
}

export type ViolationClass =
  | 'lost'
  | 'lost-tail'
  | 'unanswered'
  | 'duplicated'
  | 'reordered'
  | 'hole'
  | 'false-ack'
  | 'stuck-presence'
  | 'unhealthy';

export interface Violation {
  readonly class: ViolationClass;
  readonly detail: string;
}

/** Finds the violations of one promise. */
export type Check = (evidence: Evidence) => Iterable<Violation>;
