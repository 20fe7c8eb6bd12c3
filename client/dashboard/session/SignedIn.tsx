import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { ChatProvider } from '../../react';
import { type Chat, type ChatOptions, createChat, type LoginSession } from '../../sdk';
import { createDrafts } from '../composer/drafts';
import { DraftsContext } from '../composer/drafts-context';
import { AccountContext } from './account-context';
import { createOutbox } from './outbox';
import { isRefused } from './refused';
import { useSessionStore } from './use-session';

export type ChatFactory = (options: ChatOptions) => Chat;

interface SignedInProps {
  readonly session: LoginSession;
  readonly makeChat?: ChatFactory | undefined;
  readonly children: ReactNode;
}

/** One chat for one session: connected here, and gone with it. */
export function SignedIn({ session, makeChat = createChat, children }: SignedInProps) {
  const { token, user } = session;
  const chat = useSessionChat(token, user.id, makeChat);
  const drafts = useMemo(() => createDrafts(user.id, localStorage), [user.id]);
  if (chat === null) return null;
  return (
    <AccountContext value={user}>
      <DraftsContext value={drafts}>
        <ChatProvider chat={chat}>{children}</ChatProvider>
      </DraftsContext>
    </AccountContext>
  );
}

function useSessionChat(token: string, userId: string, makeChat: ChatFactory): Chat | null {
  const [chat, setChat] = useState<Chat | null>(null);
  const store = useSessionStore();
  useEffect(() => {
    const made = makeChat({ url: '', token, outbox: createOutbox(userId, localStorage) });
    const leave = made.connection.subscribe(() => {
      if (isRefused(made.connection.getSnapshot())) store.end('expired');
    });
    made.connect();
    setChat(made);
    return () => {
      leave();
      made.destroy();
    };
  }, [token, userId, makeChat, store]);
  return chat;
}
