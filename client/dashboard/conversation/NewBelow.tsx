import { text } from '../catalogue';
import { Icon } from '../Icon';

/** Nothing jumps while somebody reads above: new messages wait behind this button. */
export function NewBelow({ count, onClick }: { count: number; onClick: () => void }) {
  const label = count > 0 ? text.conversation.newBelow(count) : text.conversation.toLatest;
  return (
    <button type="button" className="new-below" aria-label={label} onClick={onClick}>
      {count > 0 && <span>{label}</span>}
      <Icon name="down" size={16} />
    </button>
  );
}
