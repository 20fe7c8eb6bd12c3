import type { Account, InboxItem, LoginSession, Message, Person } from '../../../client/sdk';

const uuid = (kind: number, number: number) =>
  `00000000-0000-4000-8000-${String(kind).padStart(4, '0')}${String(number).padStart(8, '0')}`;

export const conversationId = (number: number) => uuid(1, number);

export const maya: Account = {
  id: uuid(2, 1),
  name: 'Maya Lindqvist',
  role: 'AGENT',
  avatar: null,
  email: 'maya@savanna.test',
  businesses: [{ id: uuid(3, 1), name: 'Savanna Crafts', role: 'AGENT' }],
};
export const jonas: Person = { id: uuid(2, 2), name: 'Jonas Weber', role: 'AGENT', avatar: null };
export const amara: Person = {
  id: uuid(2, 11),
  name: 'Amara Osei',
  role: 'CUSTOMER',
  avatar: null,
};
export const hana: Person = { id: uuid(2, 12), name: 'Hana Sato', role: 'CUSTOMER', avatar: null };
export const tomas: Person = {
  id: uuid(2, 13),
  name: 'Tomas Silva',
  role: 'CUSTOMER',
  avatar: null,
};

export const session: LoginSession = {
  token: 'a-token',
  expiresAt: '2999-01-01T00:00:00.000Z',
  user: maya,
};

const START = Date.parse('2026-11-20T09:00:00.000Z');
export const minute = (number: number) => new Date(START + number * 60_000).toISOString();

export function message(seq: number, sender: Person, body: string, change: Partial<Message> = {}) {
  const { id, name, role, avatar } = sender;
  const made: Message = {
    conversationId: conversationId(1),
    seq,
    changeSeq: seq,
    senderId: id,
    sender: { id, name, role, avatar },
    clientId: `client-${seq}`,
    kind: 'text',
    body,
    replyToSeq: null,
    createdAt: minute(seq),
    editedAt: null,
    deletedAt: null,
  };
  return { ...made, ...change };
}

/** A support conversation whose last message is the last of `messages`. */
export function inboxItem(
  number: number,
  customer: Person,
  messages: readonly Message[],
  change: Partial<InboxItem> = {},
): InboxItem {
  const id = conversationId(number);
  const last = messages.at(-1) ?? null;
  return {
    id,
    type: 'support',
    changeSeq: 1,
    status: 'open',
    business: { id: uuid(3, 1), name: 'Savanna Crafts' },
    customer,
    createdAt: minute(0),
    lastSeq: last?.seq ?? 0,
    lastMessageAt: last?.createdAt ?? minute(0),
    lastMessage: last,
    participants: [
      {
        conversationId: id,
        userId: customer.id,
        user: customer,
        role: 'customer',
        changeSeq: 1,
        joinedSeq: 0,
        leftSeq: null,
      },
    ],
    receipts: [],
    me: null,
    unread: 0,
    ...change,
  };
}
