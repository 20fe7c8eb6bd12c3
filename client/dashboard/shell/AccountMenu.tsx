import ButtonBase from '@mui/material/ButtonBase';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useState } from 'react';
import { useChat } from '../../react';
import { Avatar } from '../../ui/Avatar';
import { text } from '../catalogue';
import { Icon } from '../Icon';
import { useAccount } from '../session/account-context';
import { logout } from '../session/login';
import { useSessionStore } from '../session/use-session';
import { BESIDE } from './ThemeMenu';

const STATUSES = ['online', 'away'] as const;

/** Who is signed in, whether customers see them as there, and the way out. */
export function AccountMenu() {
  const { id, name, avatar, email } = useAccount();
  const chat = useChat();
  const session = useSessionStore();
  const [status, setStatus] = useState<(typeof STATUSES)[number]>('online');
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setAnchor(null);
  const signOut = () => {
    const state = session.getSnapshot();
    if (state.kind === 'signed-in') logout(state.session);
    session.end('signed-out');
  };

  return (
    <>
      <ButtonBase
        className="rail-item"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Avatar id={id} name={name} picture={avatar} size={32} status={status} />
        <span className="sh-sr">{text.rail.account(name)}</span>
      </ButtonBase>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close} {...BESIDE}>
        <MenuItem className="account" disabled>
          <Avatar id={id} name={name} picture={avatar} size={36} />
          <p>
            <b>{name}</b>
            <small>{email}</small>
          </p>
        </MenuItem>
        {STATUSES.map((choice) => (
          <MenuItem
            key={choice}
            role="menuitemradio"
            aria-checked={choice === status}
            selected={choice === status}
            onClick={() => {
              setStatus(choice);
              chat.setStatus(choice);
              close();
            }}
          >
            <i className={`status-dot sh-dot sh-dot-${choice}`} />
            {text.presence[choice]}
          </MenuItem>
        ))}
        <MenuItem onClick={signOut}>
          <Icon name="signOut" size={16} />
          {text.rail.signOut}
        </MenuItem>
      </Menu>
    </>
  );
}
