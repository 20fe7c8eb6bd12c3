import { useEffect, useState } from 'react';
import type { ConnectionSnapshot } from '../../sdk';

export type Notice = 'none' | 'trouble' | 'back' | 'stopped';

/** A blink of the network stays unseen. */
const PATIENCE_MS = 2_000;
const BACK_MS = 1_500;

/** What to say about the connection: nothing while it works. */
export function useNotice(state: ConnectionSnapshot['state']): Notice {
  const [notice, setNotice] = useState<Notice>('none');
  const isOnline = state === 'online';
  const isClosed = state === 'closed';

  useEffect(() => {
    if (isClosed) return setNotice('stopped');
    if (isOnline) return setNotice((last) => (last === 'none' ? 'none' : 'back'));
    const timer = setTimeout(() => setNotice('trouble'), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isOnline, isClosed]);

  useEffect(() => {
    if (notice !== 'back') return;
    const timer = setTimeout(() => setNotice('none'), BACK_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return notice;
}
