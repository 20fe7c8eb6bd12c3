import type { InboxItem } from '@protocol/resources/inbox-item';
import { useRef, useState } from 'react';
import { useChat } from '../../react';

/** Resolves or re-opens; the new state comes back as a frame, to everybody alike. */
export function useStatusToggle({ id, type, status }: InboxItem) {
  const { rest } = useChat();
  const [failed, setFailed] = useState(false);
  const busy = useRef(false);

  const toggle = () => {
    if (busy.current || type !== 'support') return;
    busy.current = true;
    setFailed(false);
    rest
      .setConversationStatus(id, status === 'open' ? 'resolved' : 'open')
      .catch(() => setFailed(true))
      .finally(() => {
        busy.current = false;
      });
  };
  return { toggle, failed };
}
