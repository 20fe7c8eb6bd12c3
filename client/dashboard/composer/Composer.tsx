import Button from '@mui/material/Button';
import { LIMITS } from '@protocol/limits';
import { type RefObject, useId } from 'react';
import { ComposerTextarea } from '../../ui/Composer';
import { text } from '../catalogue';
import { useDraft } from './drafts-context';

interface ComposerProps {
  readonly conversationId: string;
  readonly name: string;
  readonly isResolved: boolean;
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
  readonly onSend: (body: string) => void;
  readonly onTyping: (active: boolean) => void;
}

export function Composer(props: ComposerProps) {
  const { conversationId, name, isResolved, inputRef, onSend, onTyping } = props;
  const [draft, write] = useDraft(conversationId);
  const hint = useId();
  const body = draft.trim();
  const isTooLong = isOverLimit(body);
  const isReady = body !== '' && !isTooLong;

  const change = (next: string) => {
    write(next);
    onTyping(next.trim() !== '');
  };
  const send = () => {
    if (!isReady) return;
    onSend(body);
    write('');
    onTyping(false);
  };

  return (
    <div className="composer" data-invalid={isTooLong || undefined}>
      <ComposerTextarea
        value={draft}
        label={text.composer.label(name)}
        placeholder={text.composer.placeholder(name)}
        onChange={change}
        onSubmit={send}
        onBlur={() => onTyping(false)}
        inputRef={inputRef}
        describedBy={hint}
        isInvalid={isTooLong}
      />
      <div className="composer-foot">
        <p id={hint} className="composer-hint" role={isTooLong ? 'alert' : undefined}>
          {isTooLong ? text.composer.tooLong : <Hint isResolved={isResolved} />}
        </p>
        <Button
          className="composer-send"
          variant="contained"
          color="primary"
          disabled={!isReady}
          onPointerDown={(event) => event.preventDefault()}
          onClick={send}
        >
          {text.composer.send}
          <span className="kbd" aria-hidden="true">
            ↵
          </span>
        </Button>
      </div>
    </div>
  );
}

function Hint({ isResolved }: { isResolved: boolean }) {
  if (isResolved) return text.composer.reopens;
  return (
    <span className="composer-keys">
      <kbd>Shift</kbd> <kbd>↵</kbd> {text.composer.newline}
    </span>
  );
}

const encoder = new TextEncoder();

function isOverLimit(body: string): boolean {
  return body.length * 3 > LIMITS.bodyBytes && encoder.encode(body).length > LIMITS.bodyBytes;
}
