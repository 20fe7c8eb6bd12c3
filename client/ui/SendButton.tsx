import { Icon } from './Icon';

interface SendButtonProps {
  readonly label: string;
  readonly isReady: boolean;
  readonly onClick: () => void;
}

/** Takes the press without taking the focus, so that a phone's keyboard stays open. */
export function SendButton({ label, isReady, onClick }: SendButtonProps) {
  return (
    <button
      type="button"
      className="sh-send"
      aria-label={label}
      disabled={!isReady}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onClick}
    >
      <Icon name="send" />
    </button>
  );
}
