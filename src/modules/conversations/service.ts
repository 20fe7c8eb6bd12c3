import { createCache } from '../../platform/cache.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Conversation } from '../../protocol/resources/conversation.js';
import type { InboxItem } from '../../protocol/resources/inbox-item.js';
import type { Membership } from '../../protocol/resources/membership.js';
import type { Bus } from '../../realtime/bus/index.js';
import type { Caller } from '../../realtime/caller.js';
import { type Topic, topics } from '../../realtime/topics.js';
import type { Access } from './access.js';
import { decodeListCursor, encodeListCursor } from './list-cursor.js';
import { type Mark, type Marked, Marks, type Watermarks } from './marks.js';
import { canAskForSupport, canSee, canSetStatus } from './policy.js';
import { conversationFrame, presentConversation, presentItem, sharedPart } from './present.js';
import type { ConversationsRepository, ListQuery } from './repository.js';
import { routeOf } from './routing.js';
import { createTypingGate } from './typing.js';

/** How long a right may outlive its loss. */
const ACCESS_CACHE_MS = 5_000;

export interface ConversationsPorts {
  readonly repository: ConversationsRepository;
  readonly bus: Bus;
  readonly clock: Clock;
}

export type ConversationsService = ReturnType<typeof createConversationsService>;

export function createConversationsService({ repository, bus, clock }: ConversationsPorts) {
  const cache = createCache<Access>({ max: 100_000, ttl: ACCESS_CACHE_MS });

  /** What the caller may not see answers exactly as what does not exist. */
  const requireAccess = async (caller: Caller, conversationId: string): Promise<Access> => {
    const key = `${caller.userId}:${conversationId}`;
    const cached = cache.get(key);
    if (cached) return cached;
    const access = await repository.access(caller.userId, conversationId);
    if (!canSee(access)) throw new AppError('not_found', 'There is no such conversation.');
    cache.set(key, access);
    return access;
  };

  const get = async (caller: Caller, conversationId: string): Promise<InboxItem> => {
    const row = await repository.item(caller.userId, conversationId);
    if (!row) throw new AppError('not_found', 'There is no such conversation.');
    return presentItem(row);
  };

  const publishConversation = (to: readonly Topic[], conversation: Conversation) => {
    const { id: conversationId, changeSeq } = conversation;
    const frame = JSON.stringify(conversationFrame(conversation));
    bus.publish({ topics: to, conversationId, changeSeq, frame });
  };

  /** Announces a new conversation as its first frames, in the order of their numbers. */
  const announce = (item: InboxItem, access: Access) => {
    const to = routeOf(access);
    publishConversation(to, sharedPart(item));
    for (const participant of item.participants) {
      const { conversationId, changeSeq } = participant;
      bus.publish({
        topics: to,
        conversationId,
        changeSeq,
        frame: JSON.stringify({ type: 'participant', ...participant }),
      });
    }
  };

  const publishMembership = async (userId: string, conversationId: string) => {
    const membership = await repository.membership(userId, conversationId);
    if (membership) publishOwn(userId, membership);
  };

  const publishOwn = (userId: string, membership: Membership) => {
    const frame = JSON.stringify({ type: 'membership', ...membership });
    bus.publish({ topics: [topics.user(userId)], changeSeq: membership.userSeq, frame });
  };

  /** Everybody gets the receipt of a participant; only the person gets their own mark. */
  const publishRaised = ({ access, userId }: Mark, raised: Marked) => {
    const { conversationId } = access;
    const { deliveredSeq, readSeq, userSeq, unread } = raised;
    if (deliveredSeq !== null) {
      const receipt = { type: 'receipt', conversationId, userId, deliveredSeq, readSeq };
      bus.publish({ topics: routeOf(access), conversationId, frame: JSON.stringify(receipt) });
    }
    if (userSeq !== null)
      publishOwn(userId, { conversationId, userSeq, readSeq, unread: unread ?? 0 });
  };

  const marks = new Marks({ store: repository.raiseMarks, raised: publishRaised, clock });
  const mayPass = createTypingGate(clock);

  return {
    /** The next request of this user reads their rights again. */
    forgetRights: (userId: string): void => {
      for (const key of cache.keys()) if (key.startsWith(userId)) cache.delete(key);
    },

    requireAccess,
    routeOf,
    anotherIsOpen,
    requireVisible: async (caller: Caller, conversationId: string): Promise<void> => {
      await requireAccess(caller, conversationId);
    },

    get: async (caller: Caller, conversationId: string): Promise<InboxItem> => {
      await requireAccess(caller, conversationId);
      return get(caller, conversationId);
    },

    list: async (
      caller: Caller,
      query: Omit<ListQuery, 'before'> & { cursor: string | undefined },
    ) => {
      const { cursor, limit, ...filter } = query;
      const before = cursor === undefined ? null : decodeListCursor(cursor);
      const rows = await repository.list(caller, { ...filter, limit: limit + 1, before });
      const items = rows.slice(0, limit).map(presentItem);
      const last = rows.length > limit ? items.at(-1) : undefined;
      return {
        items,
        nextCursor: last ? encodeListCursor({ at: last.lastMessageAt, id: last.id }) : null,
      };
    },

    openSupport: async (caller: Caller, businessId: string) => {
      if (!(await repository.businessExists(businessId)))
        throw new AppError('not_found', 'There is no such business.');
      if (!canAskForSupport(caller, businessId))
        throw new AppError('forbidden', 'Staff cannot be customers of their own business.');
      const { id, created } = await repository.openSupport(businessId, caller.userId);
      const item = await get(caller, id);
      if (created) {
        announce(item, await requireAccess(caller, id));
        await publishMembership(caller.userId, id);
      }
      return { created, item };
    },

    openDirect: async (caller: Caller, otherId: string) => {
      if (otherId === caller.userId)
        throw new AppError('bad_request', 'A direct conversation needs somebody else.');
      if (!(await repository.userExists(otherId)))
        throw new AppError('not_found', 'There is no such user.');
      const { id, created } = await repository.openDirect(caller.userId, otherId);
      const item = await get(caller, id);
      if (created) {
        announce(item, await requireAccess(caller, id));
        for (const userId of [caller.userId, otherId]) await publishMembership(userId, id);
      }
      return { created, item };
    },

    setStatus: async (
      caller: Caller,
      conversationId: string,
      status: Conversation['status'],
    ): Promise<InboxItem> => {
      const access = await requireAccess(caller, conversationId);
      if (!canSetStatus(access))
        throw new AppError('forbidden', 'Only staff of the business may open or resolve.');
      const { outcome, openId } = await repository.setStatus(conversationId, status);
      if (outcome === 'closed') throw anotherIsOpen(openId);
      const item = await get(caller, conversationId);
      if (outcome === 'changed') publishConversation(routeOf(access), sharedPart(item));
      return item;
    },

    /**
     * Raises the caller's watermarks: idempotent, never lowered. `stored` resolves after the write, of which there is
     * one a second, or rejects beyond the head.
     */
    mark: async (
      caller: Caller,
      conversationId: string,
      { delivered, read }: Watermarks,
    ): Promise<{ stored: Promise<void> }> => {
      const access = await requireAccess(caller, conversationId);
      return { stored: marks.raise({ access, userId: caller.userId, delivered, read }) };
    },

    /** Resolves once no mark waits to be written. */
    marksWritten: () => marks.flush(),

    read: async (caller: Caller, conversationId: string, seq: number): Promise<Membership> => {
      const access = await requireAccess(caller, conversationId);
      await marks.raiseNow({ access, userId: caller.userId, delivered: seq, read: seq });
      const membership = await repository.membership(caller.userId, conversationId);
      return membership ?? { conversationId, userSeq: 0, readSeq: 0, unread: 0 };
    },

    /** The conversation as it is now, e.g. after a message has re-opened it. */
    snapshot: async (conversationId: string): Promise<Conversation | null> => {
      const row = await repository.conversation(conversationId);
      return row && presentConversation(row);
    },

    typing: async (
      caller: Caller,
      conversationId: string,
      active: boolean,
      except: string,
    ): Promise<void> => {
      const access = await requireAccess(caller, conversationId);
      const { userId, person } = caller;
      if (!mayPass(`${userId}:${conversationId}`, active)) return;
      const frame = JSON.stringify({
        type: 'typing',
        conversationId,
        userId,
        name: person.name,
        active,
      });
      bus.publish({ topics: routeOf(access), conversationId, except, frame });
    },
  };
}

function anotherIsOpen(openId: string | null): AppError {
  return new AppError(
    'conversation_closed',
    'This conversation is resolved and another one is open. Write there.',
    {
      ...(openId !== null && { extra: { openConversationId: openId } }),
    },
  );
}
