import type { Message } from '../../protocol/resources/message.js';
import type { Person } from '../../protocol/resources/person.js';

/** What a caller asks to have sent, by REST or by frame. */
export interface SendParams {
  readonly conversationId: string;
  readonly body: string;
  readonly clientId: string;
  readonly replyTo: number | null;
  readonly ifLastSeq: number | null;
}

/** A send made ready for the log. */
export interface Send extends SendParams {
  readonly sender: Person;
  readonly requestHash: string;
  /** The role with which the sender becomes a participant, if they are none yet. */
  readonly joinAs: 'agent' | null;
}

/** Asks for nothing but to be stored: no condition, no reply, and the sender takes part already. */
export const isOrdinary = ({ joinAs, ifLastSeq, replyTo }: Send): boolean =>
  joinAs === null && ifLastSeq === null && replyTo === null;

/** What became of a send. */
export interface SendResult {
  readonly outcome:
    | 'stored'
    | 'duplicate'
    | 'conflict'
    | 'stale'
    | 'closed'
    | 'forbidden'
    | 'missing'
    | 'no_reply';
  readonly seq: number | null;
  readonly createdAt: Date | null;
  /** The number that the sender's joining took, or the re-opening, if this send caused it. */
  readonly joinedSeq: number | null;
  readonly reopenedSeq: number | null;
  readonly openId: string | null;
  readonly businessId: string | null;
  readonly customerId: string | null;
  readonly members: readonly string[] | null;
}

export interface Sent {
  readonly message: Message;
  readonly duplicate: boolean;
}
