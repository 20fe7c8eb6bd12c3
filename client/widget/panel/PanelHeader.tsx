import type { ReactNode } from 'react';
import { Icon } from '../../ui/Icon';
import { STRINGS } from './strings';

export function CloseButton({ onClose }: { onClose: () => void }) {
  return (
    <button
      type="button"
      className="w-icon-button"
      aria-label={STRINGS.closeChat}
      onClick={onClose}
    >
      <Icon name="down" />
    </button>
  );
}

interface ThreadHeaderProps {
  readonly title: string;
  readonly subtitle: string;
  readonly isHere: boolean;
  readonly faces: ReactNode;
  readonly onBack: () => void;
  readonly onClose: () => void;
}

export function ThreadHeader({
  title,
  subtitle,
  isHere,
  faces,
  onBack,
  onClose,
}: ThreadHeaderProps) {
  return (
    <header className="w-head">
      <button type="button" className="w-icon-button" aria-label={STRINGS.goHome} onClick={onBack}>
        <Icon name="back" />
      </button>
      {faces}
      <div className="w-grow">
        <h1 className="w-trunc">
          <bdi>{title}</bdi>
        </h1>
        <p className={isHere ? 'w-presence w-presence-here' : 'w-presence'}>{subtitle}</p>
      </div>
      <CloseButton onClose={onClose} />
    </header>
  );
}

/** The business's house shape: a soft square with one tight corner. */
export function BusinessLogo({ name }: { name: string }) {
  return (
    <span className="w-logo" aria-hidden="true">
      {name.trim().charAt(0).toLocaleUpperCase()}
    </span>
  );
}
