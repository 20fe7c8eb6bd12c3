import { useEffect } from 'react';

/** Escape leaves the field that is written in, before it closes anything. Dialogs and menus have an Escape of their own. */
export function useLeaveField(): void {
  useEffect(() => {
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, []);
}

function leave({ key, target }: KeyboardEvent): void {
  if (key !== 'Escape' || !(target instanceof HTMLTextAreaElement)) return;
  if (target.closest('[role="dialog"]') === null) target.blur();
}
