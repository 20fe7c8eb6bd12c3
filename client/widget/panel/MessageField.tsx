import { LIMITS } from '@protocol/limits';
import type { Ref } from 'react';
import { ComposerTextarea } from '../../ui/Composer';
import { SendButton } from '../../ui/SendButton';
import { STRINGS } from './strings';

interface MessageFieldProps {
  readonly look: 'ask' | 'reply';
  readonly text: string;
  readonly label: string;
  readonly placeholder: string;
  readonly inputRef: Ref<HTMLTextAreaElement>;
  readonly onChange: (text: string) => void;
  readonly onSend: (body: string) => void;
  readonly onBlur?: () => void;
}

/** The composer: a question at home, a message in the thread. */
export function MessageField({
  look,
  text,
  label,
  placeholder,
  inputRef,
  ...on
}: MessageFieldProps) {
  const body = text.trim();
  const isTooLong = new Blob([body]).size > LIMITS.bodyBytes;
  const isReady = body !== '' && !isTooLong;
  const send = () => {
    if (isReady) on.onSend(body);
  };
  return (
    <>
      {isTooLong && (
        <p className="w-field-error" id="w-too-long" role="alert">
          {STRINGS.tooLong}
        </p>
      )}
      <div className={`w-field w-field-${look}`}>
        <ComposerTextarea
          value={text}
          label={label}
          placeholder={placeholder}
          inputRef={inputRef}
          onChange={on.onChange}
          onSubmit={send}
          isInvalid={isTooLong}
          {...(isTooLong ? { describedBy: 'w-too-long' } : {})}
          {...(on.onBlur ? { onBlur: on.onBlur } : {})}
        />
        <SendButton label={STRINGS.send} isReady={isReady} onClick={send} />
      </div>
    </>
  );
}
