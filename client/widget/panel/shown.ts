import type { Store } from '../../sdk';
import type { Host } from './host';

/** Whether the launcher has the panel open. Made before the host is greeted, so that nothing is missed. */
export function createShown(host: Host): Store<boolean> {
  let isShown = !host.isEmbedded;
  const listeners = new Set<() => void>();
  host.listen(({ type }) => {
    if (type !== 'shown' && type !== 'hidden') return;
    isShown = type === 'shown';
    for (const listener of listeners) listener();
  });
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => isShown,
  };
}
