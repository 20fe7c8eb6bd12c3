export { ChatWidget, type ChatWidgetProps } from './ChatWidget';
export { ChatProvider, useChat } from './chat-context';
export { useAvailability, useConnection, useMe, usePresence, useTyping } from './use-chat-state';
export { useInbox } from './use-inbox';
export { useStore } from './use-store';
export { type OpenThread, useThread } from './use-thread';
