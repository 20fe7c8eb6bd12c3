import type { Message, PendingMessage, Person, ThreadSnapshot } from '../../sdk';

/** One line of the thread, whether the server has it or not. */
export interface Line {
  /** The same before and after the acknowledgement, so that nothing is drawn anew. */
  readonly key: string;
  readonly kind: 'text' | 'system';
  readonly senderId: string;
  readonly sender: Person;
  readonly body: string;
  readonly createdAt: string;
  readonly isMine: boolean;
  readonly isDeleted: boolean;
  readonly isEdited: boolean;
  readonly seq: number | null;
  readonly pending: PendingMessage | null;
}

/** Who writes before the server has told who that is. */
const NOBODY_YET: Person = { id: 'me', name: '', role: 'CUSTOMER', avatar: null };

export function toLines(
  { messages, pending }: Pick<ThreadSnapshot, 'messages' | 'pending'>,
  drafts: readonly PendingMessage[],
  me: Person | null,
): Line[] {
  const own = me ?? NOBODY_YET;
  return [
    ...messages.map((message) => ofMessage(message, own)),
    ...[...pending, ...drafts].map((message) => ofPending(message, own)),
  ];
}

function ofMessage(message: Message, own: Person): Line {
  const isMine = message.senderId === own.id;
  return {
    key: isMine ? message.clientId : `${message.seq}`,
    kind: message.kind,
    senderId: message.senderId,
    sender: message.sender,
    body: message.body,
    createdAt: message.createdAt,
    isMine,
    isDeleted: message.deletedAt !== null,
    isEdited: message.editedAt !== null,
    seq: message.seq,
    pending: null,
  };
}

function ofPending(pending: PendingMessage, own: Person): Line {
  return {
    key: pending.clientId,
    kind: 'text',
    senderId: own.id,
    sender: own,
    body: pending.body,
    createdAt: pending.createdAt,
    isMine: true,
    isDeleted: false,
    isEdited: false,
    seq: null,
    pending,
  };
}
