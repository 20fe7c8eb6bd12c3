import ButtonBase from '@mui/material/ButtonBase';
import Tooltip from '@mui/material/Tooltip';
import { Link } from 'react-router';
import { text } from '../catalogue';
import { Icon } from '../Icon';
import { AccountMenu } from './AccountMenu';
import { Mark } from './Mark';
import { ThemeMenu } from './ThemeMenu';

interface RailProps {
  readonly unread: number;
  readonly onShortcuts: () => void;
}

export function Rail({ unread, onShortcuts }: RailProps) {
  return (
    <nav className="rail" aria-label={text.rail.label}>
      <Mark />
      <Link className="rail-item" to="/" aria-label={text.rail.inbox(unread)} aria-current="page">
        <Icon name="inbox" />
        {unread > 0 && <span className="count">{text.capped(unread)}</span>}
      </Link>
      <span className="rail-space" />
      <Tooltip title={text.rail.shortcuts} placement="right">
        <ButtonBase
          className="rail-item rail-keys"
          aria-label={text.rail.shortcuts}
          aria-keyshortcuts="?"
          onClick={onShortcuts}
        >
          <Icon name="help" />
        </ButtonBase>
      </Tooltip>
      <ThemeMenu />
      <AccountMenu />
    </nav>
  );
}
