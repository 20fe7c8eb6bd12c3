import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { InboxItem } from '../../protocol/resources/inbox-item.js';
import { Membership } from '../../protocol/resources/membership.js';
import type { Caller } from '../../realtime/caller.js';
import {
  ConversationParams,
  CreateBody,
  ListAnswer,
  ListQuery,
  ReadBody,
  StatusBody,
} from './schemas.js';
import type { ConversationsService } from './service.js';

export interface ConversationsRoutesOptions {
  readonly conversations: ConversationsService;
  identify(request: FastifyRequest): Promise<Caller>;
}

export const conversationsRoutes: FastifyPluginAsyncTypebox<ConversationsRoutesOptions> = async (
  app,
  { conversations, identify },
) => {
  const tags = ['conversations'];

  app.get(
    '/api/conversations',
    {
      schema: {
        tags,
        summary: 'Your conversations, newest message first',
        querystring: ListQuery,
        response: { 200: ListAnswer },
      },
    },
    async (request) => {
      const { limit = 50, cursor, businessId, status } = request.query;
      return conversations.list(await identify(request), { limit, cursor, businessId, status });
    },
  );

  app.post(
    '/api/conversations',
    {
      schema: {
        tags,
        summary: 'Open a conversation, or find the one that is open',
        body: CreateBody,
        response: { 200: InboxItem, 201: InboxItem },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const caller = await identify(request);
      const { created, item } =
        body.type === 'support'
          ? await conversations.openSupport(caller, body.businessId)
          : await conversations.openDirect(caller, body.userId);
      return reply.code(created ? 201 : 200).send(item);
    },
  );

  app.get(
    '/api/conversations/:id',
    {
      schema: {
        tags,
        summary: 'One conversation',
        params: ConversationParams,
        response: { 200: InboxItem },
      },
    },
    async (request) => conversations.get(await identify(request), request.params.id),
  );

  app.patch(
    '/api/conversations/:id',
    {
      schema: {
        tags,
        summary: 'Open or resolve a support conversation (staff)',
        params: ConversationParams,
        body: StatusBody,
        response: { 200: InboxItem },
      },
    },
    async (request) =>
      conversations.setStatus(await identify(request), request.params.id, request.body.status),
  );

  app.post(
    '/api/conversations/:id/read',
    {
      schema: {
        tags,
        summary: 'Mark as read up to a number',
        params: ConversationParams,
        body: ReadBody,
        response: { 200: Membership },
      },
    },
    async (request) =>
      conversations.read(await identify(request), request.params.id, request.body.seq),
  );
};
