import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import type { Message } from '@protocol/resources/message';
import { text } from '../catalogue';
import { Icon } from '../Icon';

export interface MenuTarget {
  readonly message: Message;
  readonly anchor: HTMLElement;
}

interface MessageMenuProps {
  readonly target: MenuTarget | null;
  readonly onClose: () => void;
  readonly onEdit: (message: Message) => void;
  readonly onRemove: (message: Message) => void;
}

/** One menu for the whole thread, opened beside the message it is about. */
export function MessageMenu({ target, onClose, onEdit, onRemove }: MessageMenuProps) {
  const choose = (act: (message: Message) => void) => () => {
    if (target !== null) act(target.message);
    onClose();
  };
  return (
    <Menu anchorEl={target?.anchor ?? null} open={target !== null} onClose={onClose}>
      <MenuItem onClick={choose(copy)}>
        <Icon name="copy" size={16} />
        {text.message.copy}
      </MenuItem>
      <MenuItem onClick={choose(onEdit)}>
        <Icon name="edit" size={16} />
        {text.message.edit}
      </MenuItem>
      <MenuItem className="menu-danger" onClick={choose(onRemove)}>
        <Icon name="trash" size={16} />
        {text.message.remove}
      </MenuItem>
    </Menu>
  );
}

function copy(message: Message): void {
  void navigator.clipboard.writeText(message.body);
}
