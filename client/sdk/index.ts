export type { Frame } from '@protocol/frames';
export type { Conversation, ConversationStatus } from '@protocol/resources/conversation';
export type { InboxItem } from '@protocol/resources/inbox-item';
export type { Membership } from '@protocol/resources/membership';
export type { Message } from '@protocol/resources/message';
export type { Participant } from '@protocol/resources/participant';
export type { Person } from '@protocol/resources/person';
export type { Status, UserPresence } from '@protocol/resources/presence';
export type { Receipt } from '@protocol/resources/receipt';
export { createChat } from './chat';
export type { Clock } from './clock';
export { ChatError, type ChatErrorCode } from './errors';
export type { OutboxRecord, OutboxStorage } from './outbox-storage';
export { createRestClient, type RestOptions } from './rest';
export type {
  Link,
  LinkEvents,
  LinkTarget,
  Transport,
  TransportName,
} from './transports/transport';
export type * from './types';
