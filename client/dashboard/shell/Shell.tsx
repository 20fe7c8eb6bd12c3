import { useEffect, useState } from 'react';
import { Outlet, useMatch } from 'react-router';
import { text } from '../catalogue';
import { InboxColumn } from '../inbox/InboxColumn';
import { useLiveInbox } from '../inbox/use-live-inbox';
import { ConnectionNotice } from './ConnectionNotice';
import { Rail } from './Rail';
import { ShortcutsDialog } from './ShortcutsDialog';
import { useLeaveField } from './use-leave-field';
import { useShortcuts } from './use-shortcuts';

/** Rail, inbox and whatever is open. On a phone `data-open` decides which of them shows. */
export function Shell() {
  const inbox = useLiveInbox();
  const openId = useMatch('/c/:id')?.params.id ?? null;
  const [showKeys, setShowKeys] = useState(false);
  useLeaveField();
  useShortcuts({ '?': () => setShowKeys(true) });
  useEffect(() => {
    document.title = text.title(inbox.unreadTotal);
  }, [inbox.unreadTotal]);

  return (
    <div className="shell" data-open={openId !== null}>
      <div className="shell-banner">
        <ConnectionNotice />
      </div>
      <Rail unread={inbox.unreadTotal} onShortcuts={() => setShowKeys(true)} />
      <nav className="pane pane-inbox" aria-label={text.inbox.label}>
        <InboxColumn inbox={inbox} openId={openId} />
      </nav>
      <main className="pane pane-main">
        <Outlet />
      </main>
      <ShortcutsDialog open={showKeys} onClose={() => setShowKeys(false)} />
    </div>
  );
}
