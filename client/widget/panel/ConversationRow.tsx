import type { InboxItem } from '../../sdk';
import { Avatar } from '../../ui/Avatar';
import { formatWhen } from '../../ui/time';
import { BusinessLogo } from './PanelHeader';
import { STRINGS } from './strings';

interface ConversationRowProps {
  readonly item: InboxItem;
  readonly businessName: string;
  readonly ownId: string | null;
  readonly onOpen: () => void;
}

export function ConversationRow({ item, businessName, ownId, onOpen }: ConversationRowProps) {
  const agent = item.participants.findLast((one) => one.role === 'agent' && one.leftSeq === null);
  const last = item.lastMessage;
  return (
    <button
      type="button"
      className={item.unread > 0 ? 'w-row w-row-unread' : 'w-row'}
      onClick={onOpen}
    >
      {agent ? (
        <Avatar id={agent.userId} name={agent.user.name} picture={agent.user.avatar} size={40} />
      ) : (
        <BusinessLogo name={businessName} />
      )}
      <span className="w-grow">
        <span className="w-row-line">
          <b className="w-trunc w-grow">
            <bdi>{agent?.user.name ?? businessName}</bdi>
          </b>
          {last && (
            <time dateTime={last.createdAt}>
              <bdi>{formatWhen(last.createdAt, Date.now())}</bdi>
            </time>
          )}
        </span>
        <span className="w-row-line">
          <span className="w-trunc w-grow w-row-text">
            <bdi>{last ? preview(last, ownId) : ''}</bdi>
          </span>
          {item.unread > 0 && (
            <span className="w-count">
              <span aria-hidden="true">{item.unread > 99 ? '99+' : item.unread}</span>
              <span className="sh-sr">{STRINGS.unread(item.unread)}</span>
            </span>
          )}
        </span>
      </span>
    </button>
  );
}

function preview(last: NonNullable<InboxItem['lastMessage']>, ownId: string | null): string {
  if (last.deletedAt !== null) return STRINGS.deleted;
  return last.senderId === ownId ? `${STRINGS.you}: ${last.body}` : last.body;
}
