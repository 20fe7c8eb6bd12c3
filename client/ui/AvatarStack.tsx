import type { Person } from '@protocol/resources/person';
import type { Status } from '@protocol/resources/presence';
import { Avatar, type AvatarProps } from './Avatar';

interface AvatarStackProps {
  readonly people: readonly Person[];
  readonly size?: AvatarProps['size'];
  /** Shown once, on the last of them. */
  readonly status?: Status;
}

export function AvatarStack({ people, size = 28, status }: AvatarStackProps) {
  const last = people.length - 1;
  return (
    <span className="sh-stack" aria-hidden="true">
      {people.map(({ id, name, avatar }, index) => (
        <Avatar
          key={id}
          id={id}
          name={name}
          picture={avatar}
          size={size}
          {...(status && index === last ? { status } : {})}
        />
      ))}
    </span>
  );
}
