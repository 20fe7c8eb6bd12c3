import { type KeyboardEvent, type Ref, useLayoutEffect, useRef } from 'react';

export interface ComposerTextareaProps {
  readonly value: string;
  readonly label: string;
  readonly placeholder: string;
  readonly onChange: (value: string) => void;
  /** Enter; Shift+Enter makes a new line, and Enter that ends an input method's word sends nothing. */
  readonly onSubmit: () => void;
  readonly onBlur?: () => void;
  readonly inputRef?: Ref<HTMLTextAreaElement>;
  readonly describedBy?: string;
  readonly isInvalid?: boolean;
}

/** A field as tall as its text; the style sheet says how tall at most. */
export function ComposerTextarea(props: ComposerTextareaProps) {
  const { value, label, placeholder, onChange, onSubmit, onBlur, inputRef, describedBy } = props;
  const field = useRef<HTMLTextAreaElement | null>(null);
  useLayoutEffect(() => grow(field.current, value), [value]);
  return (
    <textarea
      ref={(element) => {
        field.current = element;
        assign(inputRef, element);
      }}
      className="sh-textarea"
      rows={1}
      dir={value === '' ? undefined : 'auto'}
      enterKeyHint="send"
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={props.isInvalid || undefined}
      placeholder={placeholder}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (!isSubmit(event)) return;
        event.preventDefault();
        onSubmit();
      }}
      {...(onBlur ? { onBlur } : {})}
    />
  );
}

/** Safari ends a composition before its Enter arrives; key code 229 still tells. */
function isSubmit(event: KeyboardEvent): boolean {
  if (event.key !== 'Enter' || event.shiftKey) return false;
  return !event.nativeEvent.isComposing && event.nativeEvent.keyCode !== 229;
}

function grow(field: HTMLTextAreaElement | null, value: string): void {
  if (field === null) return;
  field.style.setProperty('height', 'auto');
  if (value !== '') field.style.setProperty('height', `${field.scrollHeight}px`);
}

function assign<T>(ref: Ref<T> | undefined, value: T | null): void {
  if (typeof ref === 'function') ref(value);
  else if (ref) ref.current = value;
}
