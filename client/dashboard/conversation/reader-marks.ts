import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Receipt } from '@protocol/resources/receipt';
import { counterpart } from './counterpart';

/** The mark of the person written to: what colleagues have read says nothing about the customer. */
export function readerMarks(
  item: InboxItem,
  receipts: readonly Receipt[],
  meId: string,
): readonly Receipt[] {
  const reader = counterpart(item, meId)?.id;
  return receipts.filter(({ userId }) => userId === reader);
}
