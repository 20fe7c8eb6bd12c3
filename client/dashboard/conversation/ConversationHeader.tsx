import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Person } from '@protocol/resources/person';
import { Link } from 'react-router';
import { Avatar } from '../../ui/Avatar';
import { text } from '../catalogue';
import { Icon } from '../Icon';
import { PresenceText } from '../PresenceText';
import { useStatusOf } from '../use-status';

interface HeaderProps {
  readonly item: InboxItem;
  readonly person: Person | null;
  readonly name: string;
  readonly onToggle: () => void;
}

export function ConversationHeader({ item, person, name, onToggle }: HeaderProps) {
  const status = useStatusOf(person?.id ?? '');
  return (
    <header className="conversation-head">
      <IconButton
        className="conversation-back"
        component={Link}
        to="/"
        aria-label={text.conversation.back}
      >
        <Icon name="back" />
      </IconButton>
      <Avatar
        id={person?.id ?? item.id}
        name={name}
        picture={person?.avatar ?? null}
        {...(status ? { status } : {})}
      />
      <div className="conversation-who">
        <h2 className="truncated">
          <bdi>{name}</bdi>
        </h2>
        <p className="truncated">
          <PresenceText userId={person?.id ?? ''} />
        </p>
      </div>
      {item.type === 'support' && <StatusButton status={item.status} onToggle={onToggle} />}
    </header>
  );
}

interface StatusButtonProps {
  readonly status: InboxItem['status'];
  readonly onToggle: () => void;
}

function StatusButton({ status, onToggle }: StatusButtonProps) {
  const isOpen = status === 'open';
  return (
    <Button
      onClick={onToggle}
      startIcon={<Icon name={isOpen ? 'check' : 'inbox'} size={16} />}
      aria-keyshortcuts="e"
    >
      {isOpen ? text.conversation.resolve : text.conversation.reopen}
      <span className="kbd" aria-hidden="true">
        E
      </span>
    </Button>
  );
}
