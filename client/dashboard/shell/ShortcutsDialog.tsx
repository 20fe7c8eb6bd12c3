import Dialog from '@mui/material/Dialog';
import IconButton from '@mui/material/IconButton';
import { useId } from 'react';
import { text } from '../catalogue';
import { Icon } from '../Icon';

const KEYS = [
  [text.shortcuts.next, 'J', '↓'],
  [text.shortcuts.previous, 'K', '↑'],
  [text.shortcuts.open, 'Enter'],
  [text.shortcuts.reply, 'R'],
  [text.shortcuts.resolve, 'E'],
  [text.shortcuts.send, 'Enter'],
  [text.shortcuts.newline, 'Shift', 'Enter'],
  [text.shortcuts.close, 'Esc'],
  [text.shortcuts.all, '?'],
] as const;

export function ShortcutsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const title = useId();
  return (
    <Dialog open={open} onClose={onClose} aria-labelledby={title} maxWidth="xs" fullWidth>
      <div className="dialog-head">
        <h2 id={title}>{text.shortcuts.title}</h2>
        <IconButton aria-label={text.close} onClick={onClose}>
          <Icon name="close" />
        </IconButton>
      </div>
      <dl className="keys">
        {KEYS.map(([what, ...keys]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
