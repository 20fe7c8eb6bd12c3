import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Message } from '@protocol/resources/message';
import { useMemo, useState } from 'react';
import type { Thread, ThreadSnapshot } from '../../sdk';
import type { ReceiptState } from '../../ui/Receipt';
import { reached } from '../../ui/receipts';
import type { MenuTarget } from './MessageMenu';
import { readerMarks } from './reader-marks';
import type { ThreadControls } from './thread-controls';
import type { Line } from './timeline';

interface ControlsInput {
  readonly thread: Thread;
  readonly snapshot: ThreadSnapshot;
  readonly item: InboxItem;
  readonly meId: string;
}

/** Which message has its menu open, is being edited or about to be deleted. */
export function useControls({ thread, snapshot, item, meId }: ControlsInput) {
  const [menu, setMenu] = useState<MenuTarget | null>(null);
  const [editingSeq, setEditingSeq] = useState<number | null>(null);
  const [removing, setRemoving] = useState<Message | null>(null);
  const { receipts } = snapshot;

  const controls = useMemo((): ThreadControls => {
    const marks = readerMarks(item, receipts, meId);
    return {
      editingSeq,
      receiptOf: (line) => receiptOf(line, (seq) => reached(seq, marks, meId).state),
      openMenu: (message, anchor) => setMenu({ message, anchor }),
      save: async ({ seq }, body) => void (await thread.edit(seq, body)),
      stopEditing: () => setEditingSeq(null),
      retry: thread.retry,
      discard: thread.discard,
    };
  }, [thread, item, receipts, meId, editingSeq]);

  return { controls, menu, setMenu, edit: setEditingSeq, removing, setRemoving };
}

function receiptOf(line: Line, stateOf: (seq: number) => ReceiptState): ReceiptState | null {
  if (line.pending !== null) return line.pending.state === 'failed' ? null : 'waiting';
  if (line.message === null || line.message.deletedAt !== null) return null;
  return stateOf(line.message.seq);
}
