import { WebSocket } from 'ws';
import {
  type Chat,
  createChat,
  createRestClient,
  type Message,
} from '../../../client/sdk/index.js';

/** A demo login, over the SDK as it is shipped. */
export async function signIn(url: string, email: string): Promise<Chat> {
  const rest = createRestClient({ url });
  const { token } = await rest.login(email, 'savanna-demo');
  return createChat({ url, token, WebSocket });
}

/** A support conversation of the customer with the demo business. */
export async function openSupport({ rest }: Chat): Promise<string> {
  const { businessId } = await rest.widgetConfig('savanna');
  const { id } = await rest.createConversation({ type: 'support', businessId });
  return id;
}

export async function history(chat: Chat, conversationId: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page = await chat.rest.messages(conversationId, { after, limit: 200 });
    messages.push(...page.items);
    after = page.nextCursor;
  }
  return messages;
}

export const online = (chat: Chat): Promise<void> =>
  until(chat.connection, ({ state }) => state === 'online');

export function until<T>(
  store: { subscribe(listener: () => void): () => void; getSnapshot(): T },
  isSo: (snapshot: T) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo(store.getSnapshot())) return;
      stop();
      resolve();
    };
    const stop = store.subscribe(look);
    look();
  });
}
