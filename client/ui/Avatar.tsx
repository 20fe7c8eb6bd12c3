import type { Status } from '@protocol/resources/presence';
import { initials, tone } from './initials';

export interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly picture?: string | null;
  readonly size?: 20 | 24 | 28 | 32 | 36 | 40 | 48;
  readonly status?: Status;
  /** The name is announced only where it does not stand beside the avatar. */
  readonly isNamed?: boolean;
}

export function Avatar({ id, name, picture, size = 36, status, isNamed = false }: AvatarProps) {
  const label = isNamed ? { role: 'img', 'aria-label': name } : { 'aria-hidden': true };
  return (
    <span className={`sh-avatar sh-avatar-${size}`} data-tone={tone(id)} {...label}>
      {picture ? <img src={picture} alt="" /> : <span>{initials(name)}</span>}
      {status && <i className={`sh-dot sh-dot-${status}`} />}
    </span>
  );
}
