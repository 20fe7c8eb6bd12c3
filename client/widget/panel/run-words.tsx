import type { ReactNode } from 'react';
import type { ChatError, Participant, Receipt } from '../../sdk';
import type { LineState } from '../../ui/Bubble';
import { ReceiptTicks } from '../../ui/Receipt';
import { reached } from '../../ui/receipts';
import type { Line } from './lines';
import { STRINGS } from './strings';

export interface ReceiptContext {
  readonly receipts: readonly Receipt[];
  readonly participants: readonly Participant[];
  readonly isNetworkAway: boolean;
}

/** How far the last own message of a run has come, in a word and a tick; a failure speaks for itself. */
export function receiptOf(line: Line, context: ReceiptContext): ReactNode {
  const words = STRINGS.receipt;
  if (line.pending?.state === 'failed') return null;
  if (line.pending) {
    return (
      <ReceiptTicks state="waiting" label={context.isNetworkAway ? words.waiting : words.sending} />
    );
  }
  const { state, readerIds } = reached(line.seq ?? 0, context.receipts, line.senderId);
  const reader = readerIds.length === 1 ? nameOf(readerIds[0], context.participants) : null;
  return <ReceiptTicks state={state} label={reader ? words.seenBy(reader) : words[state]} />;
}

export function stateOf(line: Line, isNetworkAway: boolean): LineState {
  if (!line.pending) return 'sent';
  if (line.pending.state === 'failed') return 'failed';
  return isNetworkAway ? 'waiting' : 'sending';
}

/** What is wrong, where the visitor can do something about it. */
export function failureWords(error: ChatError | null) {
  const reasons: Partial<Record<ChatError['code'], string>> = {
    body_too_long: STRINGS.refused.tooLong,
    rate_limited: STRINGS.refused.tooMany,
    forbidden: STRINGS.refused.notAllowed,
  };
  return { ...STRINGS.failure, notSent: (error && reasons[error.code]) ?? STRINGS.failure.notSent };
}

export function firstName(name: string): string {
  return name.trim().split(/\s+/u)[0] ?? name;
}

function nameOf(userId: string | undefined, participants: readonly Participant[]): string | null {
  const participant = participants.find((one) => one.userId === userId);
  return participant ? firstName(participant.user.name) : null;
}
