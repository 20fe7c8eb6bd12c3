import type { ReactNode } from 'react';
import { Icon } from './Icon';

interface NoticeProps {
  readonly title: string;
  readonly hint: string;
  readonly tone?: 'calm' | 'trouble';
  readonly picture?: ReactNode;
  readonly children?: ReactNode;
}

/** Stands where content would be: what that means, and the next step. */
export function Notice({ title, hint, tone = 'calm', picture, children }: NoticeProps) {
  const isTrouble = tone === 'trouble';
  return (
    <div className={`notice notice-${tone}`} role={isTrouble ? 'alert' : undefined}>
      {isTrouble ? <Icon name="alert" /> : picture}
      <h2>{title}</h2>
      <p>{hint}</p>
      {children}
    </div>
  );
}
