import { useLayoutEffect } from 'react';
import { useChat, useStore } from '../../react';
import type { InboxSnapshot } from '../../sdk';
import { OPEN } from './open-filter';

/** Asked for before the first paint: an inbox that is not read yet must not look like an empty one. */
export function useLiveInbox(): InboxSnapshot {
  const { inbox } = useChat();
  useLayoutEffect(() => void inbox.load(OPEN), [inbox]);
  return useStore(inbox);
}
