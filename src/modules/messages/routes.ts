import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.js';
import { Message } from '../../protocol/resources/message.js';
import type { Caller } from '../../realtime/caller.js';
import type { Charge } from '../../realtime/frame-limit.js';
import type { Range } from './repository.js';
import {
  EditBody,
  HistoryAnswer,
  HistoryParams,
  HistoryQuery,
  MessageParams,
  Repeated,
  SendBody,
} from './schemas.js';
import { type MessagesService, makeClientId } from './service.js';

export interface MessagesRoutesOptions {
  readonly messages: MessagesService;
  identify(request: FastifyRequest): Promise<Caller>;
  /** A message costs the same whichever way it comes. */
  readonly charge: Charge;
}

export const messagesRoutes: FastifyPluginAsyncTypebox<MessagesRoutesOptions> = async (
  app,
  options,
) => {
  const { messages, identify, charge } = options;
  const tags = ['messages'];

  app.get(
    '/api/conversations/:id/messages',
    {
      schema: {
        tags,
        summary: 'History, ascending by seq',
        params: HistoryParams,
        querystring: HistoryQuery,
        response: { 200: HistoryAnswer },
      },
    },
    async (request) => {
      const caller = await identify(request);
      const { limit = 50, ...query } = request.query;
      return messages.history(caller, request.params.id, rangeOf(query), limit);
    },
  );

  app.post(
    '/api/conversations/:id/messages',
    {
      schema: {
        tags,
        summary: 'Send a message; with a clientId it is safe to repeat',
        params: HistoryParams,
        body: SendBody,
        response: { 200: Repeated, 201: Message },
      },
    },
    async (request, reply) => {
      const { body, clientId = makeClientId(), replyTo = null, ifLastSeq = null } = request.body;
      const params = { conversationId: request.params.id, body, clientId, replyTo, ifLastSeq };
      const caller = await identify(request);
      await charge('message', caller.userId);
      const { sent } = await messages.submit(caller, params);
      const { message, duplicate } = await sent;
      if (duplicate) return reply.code(200).send({ ...message, duplicate });
      return reply.code(201).send(message);
    },
  );

  app.get(
    '/api/conversations/:id/messages/:seq',
    { schema: { tags, summary: 'One message', params: MessageParams, response: { 200: Message } } },
    async (request) => messages.get(await identify(request), targetOf(request.params)),
  );

  app.patch(
    '/api/conversations/:id/messages/:seq',
    {
      schema: {
        tags,
        summary: 'Edit your own message',
        params: MessageParams,
        body: EditBody,
        response: { 200: Message },
      },
    },
    async (request) =>
      messages.edit(await identify(request), targetOf(request.params), request.body.body),
  );

  app.delete(
    '/api/conversations/:id/messages/:seq',
    {
      schema: {
        tags,
        summary: 'Delete a message: its place stays, its text goes',
        params: MessageParams,
        response: { 200: Message },
      },
    },
    async (request) => messages.remove(await identify(request), targetOf(request.params)),
  );
};

const targetOf = ({ id, seq }: { id: string; seq: number }) => ({ conversationId: id, seq });

function rangeOf({ before, after, changedAfter }: Omit<HistoryQuery, 'limit'>): Range {
  if (before !== undefined && (after !== undefined || changedAfter !== undefined)) {
    throw new AppError('bad_request', '`before` goes with neither `after` nor `changedAfter`.');
  }
  if (changedAfter !== undefined)
    return { kind: 'changed', since: changedAfter, after: after ?? 0 };
  if (after !== undefined) return { kind: 'after', seq: after };
  return before === undefined ? { kind: 'newest' } : { kind: 'before', seq: before };
}
