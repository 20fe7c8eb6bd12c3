import { createContext, type ReactNode, useContext } from 'react';
import type { Chat } from '../sdk';

const ChatContext = createContext<Chat | null>(null);

/** Hands a chat down. Whoever created it connects and destroys it, so that mounting twice does no harm. */
export function ChatProvider({ chat, children }: { chat: Chat; children: ReactNode }) {
  return <ChatContext.Provider value={chat}>{children}</ChatContext.Provider>;
}

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (chat === null) throw new Error('useChat needs a <ChatProvider> above it');
  return chat;
}
