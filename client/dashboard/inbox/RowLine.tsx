import type { InboxItem } from '@protocol/resources/inbox-item';
import type { ReactNode } from 'react';
import { useTyping } from '../../react';
import type { Typist } from '../../sdk';
import { reached } from '../../ui/receipts';
import { text } from '../catalogue';
import { useDraft } from '../composer/drafts-context';
import { counterpart } from '../conversation/counterpart';
import { readerMarks } from '../conversation/reader-marks';
import { Icon } from '../Icon';
import { preview } from './preview';

interface RowLineProps {
  readonly item: InboxItem;
  readonly meId: string;
  readonly isOpen: boolean;
  /** Stands at the end of the line. */
  readonly badge: ReactNode;
}

/** The second line of a row: what happens there now, what waits to be sent, or else the last message. */
export function RowLine({ item, meId, isOpen, badge }: RowLineProps) {
  const [typist] = useTyping(item.id);
  const [draft] = useDraft(item.id);
  const hasDraft = draft.trim() !== '' && !isOpen;
  if (typist !== undefined)
    return <Activity item={item} meId={meId} typist={typist} badge={badge} />;
  return (
    <span className="row-line">
      {hasDraft ? <Draft body={draft.trim()} /> : <Last item={item} meId={meId} />}
      {badge}
    </span>
  );
}

interface ActivityProps extends Omit<RowLineProps, 'isOpen'> {
  readonly typist: Typist;
}

function Activity({ item, meId, typist, badge }: ActivityProps) {
  const isCustomer = typist.userId === counterpart(item, meId)?.id;
  const words = isCustomer ? text.inbox.typing(typist.name) : text.inbox.replying(typist.name);
  return (
    <span className={`row-line ${isCustomer ? 'row-typing' : 'row-replying'}`}>
      <span className="truncated">{words}</span>
      {badge}
    </span>
  );
}

function Draft({ body }: { body: string }) {
  return (
    <span className="row-draft truncated">
      <b>{text.inbox.draft}</b> {body}
    </span>
  );
}

function Last({ item, meId }: Pick<RowLineProps, 'item' | 'meId'>) {
  return (
    <>
      <OwnTicks item={item} meId={meId} />
      <span className="truncated" dir="auto">
        {preview(item, meId)}
      </span>
    </>
  );
}

function OwnTicks({ item, meId }: Pick<RowLineProps, 'item' | 'meId'>) {
  const { lastMessage } = item;
  if (lastMessage?.senderId !== meId || lastMessage.deletedAt !== null) return null;
  const { state } = reached(lastMessage.seq, readerMarks(item, item.receipts, meId), meId);
  return (
    <span className={state} role="img" aria-label={text.message.receipt[state]}>
      <Icon name={state === 'sent' ? 'check' : 'checks'} size={14} />
    </span>
  );
}
