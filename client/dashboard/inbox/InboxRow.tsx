import type { InboxItem } from '@protocol/resources/inbox-item';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { Avatar } from '../../ui/Avatar';
import { formatWhen } from '../../ui/time';
import { LOCALE, text } from '../catalogue';
import { counterpart } from '../conversation/counterpart';
import { Icon } from '../Icon';
import { useAccount } from '../session/account-context';
import { useStatusOf } from '../use-status';
import { RowLine } from './RowLine';
import type { RowFocus } from './use-row-focus';

interface InboxRowProps extends RowFocus {
  readonly item: InboxItem;
  readonly isOpen: boolean;
}

export function InboxRow({ item, isOpen, isTabStop, focusMove, onFocus }: InboxRowProps) {
  const me = useAccount();
  const person = counterpart(item, me.id);
  const name = person?.name ?? text.inbox.visitor;
  const status = useStatusOf(person?.id ?? '');
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (focusMove > 0) link.current?.focus({ preventScroll: true });
  }, [focusMove]);

  return (
    <Link
      ref={link}
      to={`/c/${item.id}`}
      className={item.unread > 0 ? 'row row-unread' : 'row'}
      aria-current={isOpen ? 'page' : undefined}
      tabIndex={isTabStop ? 0 : -1}
      onFocus={onFocus}
    >
      <Avatar
        id={person?.id ?? item.id}
        name={name}
        picture={person?.avatar ?? null}
        {...(status ? { status } : {})}
      />
      <bdi className="row-name truncated">{name}</bdi>
      <time className="row-time" dateTime={item.lastMessageAt}>
        {formatWhen(item.lastMessageAt, Date.now(), LOCALE)}
      </time>
      <RowLine item={item} meId={me.id} isOpen={isOpen} badge={<RowBadge item={item} />} />
    </Link>
  );
}

function RowBadge({ item: { unread, status } }: { item: InboxItem }) {
  if (unread > 0) {
    return (
      <span className="count" role="img" aria-label={text.inbox.unread(unread)}>
        {text.capped(unread)}
      </span>
    );
  }
  if (status === 'open') return null;
  return (
    <span className="row-resolved" role="img" aria-label={text.conversation.resolved}>
      <Icon name="check" size={16} />
    </span>
  );
}
