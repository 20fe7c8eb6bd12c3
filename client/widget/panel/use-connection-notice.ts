import { useEffect, useState } from 'react';
import type { ConnectionSnapshot } from '../../sdk';

export type ConnectionNotice = 'none' | 'trouble' | 'back' | 'ended';

/** A network that blinks is nobody's business; after this it is. */
const PATIENCE_MS = 2_000;
const BACK_MS = 1_500;

type Health = 'resting' | 'up' | 'down' | 'ended';

const HEALTH: Record<ConnectionSnapshot['state'], Health> = {
  idle: 'resting',
  connecting: 'down',
  waiting: 'down',
  online: 'up',
  closed: 'ended',
};

export function useConnectionNotice(state: ConnectionSnapshot['state']): ConnectionNotice {
  const [notice, setNotice] = useState<ConnectionNotice>('none');
  const health = HEALTH[state];
  useEffect(() => {
    if (health === 'ended') return setNotice('ended');
    if (health === 'down') return after(PATIENCE_MS, () => setNotice('trouble'));
    if (health === 'up') setNotice((before) => (before === 'trouble' ? 'back' : 'none'));
    return after(BACK_MS, () => setNotice('none'));
  }, [health]);
  return notice;
}

function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}
