import Button from '@mui/material/Button';
import type { Message } from '@protocol/resources/message';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { ComposerTextarea } from '../../ui/Composer';
import { text } from '../catalogue';
import type { ThreadControls } from './thread-controls';

interface EditFormProps {
  readonly message: Message;
  readonly controls: ThreadControls;
}

/** Takes the place of the bubble. What was typed stays when saving fails. */
export function EditForm({ message, controls }: EditFormProps) {
  const [body, setBody] = useState(message.body);
  const [failed, setFailed] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => placeCaret(field.current), []);

  const save = () => {
    const next = body.trim();
    if (next === '' || next === message.body) return controls.stopEditing();
    setFailed(false);
    controls.save(message, next).then(controls.stopEditing, () => setFailed(true));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    controls.stopEditing();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: catches the Escape of what it holds
    <div className="edit" onKeyDown={onKeyDown}>
      <ComposerTextarea
        value={body}
        label={text.message.editLabel}
        placeholder={text.message.editLabel}
        onChange={setBody}
        onSubmit={save}
        inputRef={field}
      />
      <div className="edit-foot">
        <p role="alert">{failed ? text.message.editFailed : ''}</p>
        <Button size="small" onClick={controls.stopEditing}>
          {text.cancel}
        </Button>
        <Button size="small" variant="contained" color="primary" onClick={save}>
          {text.message.save}
        </Button>
      </div>
    </div>
  );
}

function placeCaret(field: HTMLTextAreaElement | null): void {
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}
