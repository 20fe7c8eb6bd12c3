import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Message } from '@protocol/resources/message';
import { text } from '../catalogue';

/** The last message as one line, with its author unless that is the person the row is about. */
export function preview(item: InboxItem, meId: string): string {
  const message = item.lastMessage;
  if (message === null) return text.inbox.noMessages;
  if (message.deletedAt !== null) return text.inbox.deleted;
  return authored(message, item, meId);
}

function authored(message: Message, item: InboxItem, meId: string): string {
  const body = message.body.replace(/\s+/g, ' ');
  if (message.kind === 'system') return body;
  if (message.senderId === meId) return text.inbox.you(body);
  const isColleague = item.type === 'support' && message.senderId !== item.customer?.id;
  return isColleague ? text.inbox.by(message.sender.name, body) : body;
}
