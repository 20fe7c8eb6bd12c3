import type { Typist } from '../../sdk';
import { Avatar } from '../../ui/Avatar';
import { TypingDots } from '../../ui/TypingDots';
import { text } from '../catalogue';

/** Colleagues who write in this conversation now, so that the customer does not get two answers. */
export function ReplyingHint({ typists }: { typists: readonly Typist[] }) {
  const [first, ...others] = typists;
  if (first === undefined) return null;
  const label = text.conversation.replying(others.length);
  return (
    <div className="replying" role="status">
      <Avatar id={first.userId} name={first.name} size={24} />
      <span>
        <b>{first.name}</b> {label}
      </span>
      <TypingDots label={label} />
    </div>
  );
}
