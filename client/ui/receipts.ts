import type { Receipt } from '@protocol/resources/receipt';
import type { ReceiptState } from './Receipt';

export interface Reached {
  readonly state: Exclude<ReceiptState, 'waiting'>;
  /** Who has read it, in the order of the receipts. */
  readonly readerIds: readonly string[];
}

/** How far an own message has come with everybody else. */
export function reached(seq: number, receipts: readonly Receipt[], ownId: string): Reached {
  const others = receipts.filter((receipt) => receipt.userId !== ownId);
  const readers = others.filter((receipt) => receipt.readSeq >= seq);
  if (readers.length > 0) return { state: 'seen', readerIds: readers.map((one) => one.userId) };
  const isDelivered = others.some((receipt) => receipt.deliveredSeq >= seq);
  return { state: isDelivered ? 'delivered' : 'sent', readerIds: [] };
}
