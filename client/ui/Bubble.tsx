import { Icon } from './Icon';
import { LinkedText } from './LinkedText';

export type Place = 'one' | 'first' | 'mid' | 'last';
export type LineState = 'sent' | 'sending' | 'waiting' | 'failed';

export interface BubbleProps {
  readonly body: string;
  readonly place: Place;
  readonly state?: LineState;
  /** Stands in for the body of a deleted message. */
  readonly deletedLabel?: string | null;
  readonly editedLabel?: string | null;
  /** Grows from its tight corner; for a message that was just written. */
  readonly isNew?: boolean;
}

export function Bubble({
  body,
  place,
  state = 'sent',
  deletedLabel,
  editedLabel,
  isNew,
}: BubbleProps) {
  const looks = [`sh-bubble sh-bubble-${place} sh-bubble-${state}`];
  if (deletedLabel) looks.push('sh-bubble-deleted');
  if (isNew) looks.push('sh-bubble-new');
  return (
    <p className={looks.join(' ')}>
      <span className="sh-body" dir="auto">
        {deletedLabel ?? <LinkedText text={body} />}
        {editedLabel && !deletedLabel && <bdi className="sh-edited">{editedLabel}</bdi>}
      </span>
    </p>
  );
}

interface FailureRowProps {
  readonly words: { readonly notSent: string; readonly retry: string; readonly discard: string };
  readonly onRetry?: () => void;
  readonly onDiscard: () => void;
}

/** What happened, and the way out beside it. */
export function FailureRow({ words, onRetry, onDiscard }: FailureRowProps) {
  return (
    <div className="sh-failure">
      <p role="alert">
        <Icon name="alert" size={16} />
        {words.notSent}
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          <Icon name="retry" size={14} />
          {words.retry}
        </button>
      )}
      <button type="button" onClick={onDiscard}>
        {words.discard}
      </button>
    </div>
  );
}

export function placeIn(index: number, count: number): Place {
  if (count === 1) return 'one';
  if (index === 0) return 'first';
  return index === count - 1 ? 'last' : 'mid';
}
