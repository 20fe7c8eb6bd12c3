import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import type { Message } from '@protocol/resources/message';
import { useId, useState } from 'react';
import { text } from '../catalogue';

interface RemoveDialogProps {
  readonly message: Message;
  readonly onClose: () => void;
  readonly remove: (message: Message) => Promise<unknown>;
}

export function RemoveDialog({ message, onClose, remove }: RemoveDialogProps) {
  const title = useId();
  const [failed, setFailed] = useState(false);
  const confirm = () => {
    setFailed(false);
    remove(message).then(onClose, () => setFailed(true));
  };
  return (
    <Dialog open onClose={onClose} aria-labelledby={title} maxWidth="xs">
      <div className="dialog">
        <h2 id={title}>{text.message.removeTitle}</h2>
        <p>{text.message.removeHint}</p>
        <p role="alert">{failed ? text.message.removeFailed : ''}</p>
        <div className="dialog-actions">
          <Button variant="contained" color="error" onClick={confirm} autoFocus>
            {text.message.remove}
          </Button>
          <Button onClick={onClose}>{text.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}
