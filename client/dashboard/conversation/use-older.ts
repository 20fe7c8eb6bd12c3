import { useCallback, useState } from 'react';
import type { Thread, ThreadSnapshot } from '../../sdk';

type OlderState = 'idle' | 'loading' | 'failed';

/** Asks for an older page once; how that goes is in the snapshot. */
export function useOlder(thread: Thread, { messages, hasOlder, loading, error }: ThreadSnapshot) {
  const oldest = messages[0]?.seq ?? 0;
  const [asked, setAsked] = useState<number | null>(null);
  const isAsked = asked === oldest;

  const loadOlder = useCallback(() => {
    setAsked(oldest);
    void thread.loadOlder();
  }, [thread, oldest]);
  const onNearOldest = useCallback(() => {
    if (hasOlder && !loading && !isAsked) loadOlder();
  }, [hasOlder, loading, isAsked, loadOlder]);

  const state: OlderState = !isAsked ? 'idle' : stateOf(loading, error !== null);
  return { state, loadOlder, onNearOldest };
}

function stateOf(isLoading: boolean, hasFailed: boolean): OlderState {
  if (hasFailed) return 'failed';
  return isLoading ? 'loading' : 'idle';
}
