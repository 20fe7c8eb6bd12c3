import { hash, randomBytes } from 'node:crypto';
import { AppError } from '../../platform/errors.js';
import type { Message } from '../../protocol/resources/message.js';
import type { Bus } from '../../realtime/bus/index.js';
import type { Caller } from '../../realtime/caller.js';
import type { ConversationsService } from '../conversations/index.js';
import { requireBody } from './body.js';
import { canDelete, canEdit, joinsAs } from './policy.js';
import { createPublisher } from './publish.js';
import type { MessagesRepository, Range } from './repository.js';
import type { Send, SendParams, SendResult, Sent } from './send.js';
import type { Writer } from './writer.js';

export interface MessagesPorts {
  readonly repository: MessagesRepository;
  readonly writer: Pick<Writer, 'write'>;
  readonly bus: Bus;
  readonly conversations: Pick<
    ConversationsService,
    'requireAccess' | 'snapshot' | 'routeOf' | 'anotherIsOpen'
  >;
}

export type MessagesService = ReturnType<typeof createMessagesService>;

export function createMessagesService(ports: MessagesPorts) {
  const { repository, writer, conversations } = ports;
  const { requireAccess } = conversations;
  const publisher = createPublisher(ports);

  const finish = async (send: Send, result: SendResult): Promise<Sent> => {
    switch (result.outcome) {
      case 'stored':
        return { message: await publisher.stored(send, result), duplicate: false };
      case 'duplicate':
        return { message: await existing(send.conversationId, result.seq ?? 0), duplicate: true };
      case 'conflict':
        throw new AppError(
          'idempotency_conflict',
          'This `clientId` was used for another message. Choose a new one.',
        );
      case 'stale':
        throw await staleReply(send);
      case 'closed':
        throw conversations.anotherIsOpen(result.openId);
      case 'forbidden':
        throw new AppError('forbidden', 'You are not in this conversation any more.');
      case 'missing':
        throw new AppError('not_found', 'There is no such conversation.');
      case 'no_reply':
        throw new AppError(
          'bad_seq',
          '`replyTo` is not the number of a message in this conversation.',
        );
    }
  };

  const staleReply = async ({ conversationId, sender, ifLastSeq }: Send): Promise<AppError> => {
    const newer = await repository.newerThan(conversationId, sender.id, ifLastSeq ?? 0);
    return new AppError(
      'stale_reply',
      'Somebody answered in the meantime. Read the newer messages first.',
      { extra: { newer } },
    );
  };

  const existing = async (conversationId: string, seq: number): Promise<Message> => {
    const message = await repository.find(conversationId, seq);
    if (!message) throw new AppError('not_found', 'There is no such message.');
    return message;
  };

  /** The author's own message, or one that the caller may delete; anybody else learns no more than that they may not. */
  const change = async (caller: Caller, target: Target, body: string | null): Promise<Message> => {
    const access = await requireAccess(caller, target.conversationId);
    const message = await existing(target.conversationId, target.seq);
    const allowed = body === null ? canDelete(caller, message, access) : canEdit(caller, message);
    if (!allowed) throw new AppError('forbidden', 'Only the author may change this message.');
    const result = await repository.change(target.conversationId, target.seq, null, body);
    if (!result) throw new AppError('forbidden', 'This message cannot be changed.');
    if (body !== null && result.message.deletedAt)
      throw new AppError('message_deleted', 'The message has been deleted.');
    if (result.changed) publisher.changed(access, result.message);
    return result.message;
  };

  return {
    /**
     * Resolves once the send has its place in the writer's queue, so that sends of one session keep their order;
     * `sent` resolves after the commit.
     */
    submit: async (caller: Caller, params: SendParams): Promise<{ sent: Promise<Sent> }> => {
      const body = requireBody(params.body);
      const access = await requireAccess(caller, params.conversationId);
      const send = {
        ...params,
        body,
        sender: caller.person,
        requestHash: hashOf(params),
        joinAs: joinsAs(access),
      };
      return { sent: writer.write(send).then((result) => finish(send, result)) };
    },

    edit: (caller: Caller, target: Target, body: string) =>
      change(caller, target, requireBody(body)),
    remove: (caller: Caller, target: Target) => change(caller, target, null),

    get: async (caller: Caller, { conversationId, seq }: Target): Promise<Message> => {
      await requireAccess(caller, conversationId);
      return existing(conversationId, seq);
    },

    history: async (caller: Caller, conversationId: string, range: Range, limit: number) => {
      await requireAccess(caller, conversationId);
      const { head, items } = await repository.history(conversationId, range, limit + 1);
      const backwards = range.kind === 'newest' || range.kind === 'before';
      const page =
        items.length <= limit ? items : backwards ? items.slice(1) : items.slice(0, limit);
      const edge = backwards ? page[0] : page.at(-1);
      return { items: page, nextCursor: items.length > limit && edge ? edge.seq : null, head };
    },
  };
}

export interface Target {
  readonly conversationId: string;
  readonly seq: number;
}

/** For senders that bring no key of their own: nothing can be repeated safely then. */
export const makeClientId = (): string => `srv_${randomBytes(15).toString('base64url')}`;

/** Of the request as sent: a repeat has to say the same. */
function hashOf({ body, replyTo }: SendParams): string {
  return hash('sha256', JSON.stringify([body, replyTo]), 'base64url').slice(0, 22);
}
