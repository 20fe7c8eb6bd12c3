import { Avatar } from './Avatar';
import { TypingDots } from './TypingDots';

interface TypingRunProps {
  readonly userId: string;
  readonly name: string;
  readonly picture?: string | null;
  readonly label: string;
}

export function TypingRun({ userId, name, picture = null, label }: TypingRunProps) {
  return (
    <div className="sh-run sh-run-in sh-run-typing">
      <p className="sh-bubble sh-bubble-one">
        <TypingDots label={label} />
      </p>
      <Avatar id={userId} name={name} picture={picture} size={28} />
    </div>
  );
}
