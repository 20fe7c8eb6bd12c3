import type { Message } from '@protocol/resources/message';
import type { ReceiptState } from '../../ui/Receipt';
import type { Line } from './timeline';

/** What a message in the thread can be asked to do. */
export interface ThreadControls {
  readonly editingSeq: number | null;
  receiptOf(line: Line): ReceiptState | null;
  openMenu(message: Message, anchor: HTMLElement): void;
  save(message: Message, body: string): Promise<void>;
  stopEditing(): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
}
