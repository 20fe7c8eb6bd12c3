import type { IncomingHttpHeaders } from 'node:http';
import type { RateLimitOptions } from '@fastify/rate-limit';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../../realtime/caller.js';
import {
  DeviceList,
  DeviceParams,
  LoginAnswer,
  LoginBody,
  OwnProfile,
  TicketAnswer,
} from './schemas.js';
import type { AccountsService } from './service.js';

export interface AccountsRoutesOptions {
  readonly accounts: AccountsService;
  readonly loginLimit: RateLimitOptions;
  identify(request: FastifyRequest): Promise<Caller>;
}

export const accountsRoutes: FastifyPluginAsyncTypebox<AccountsRoutesOptions> = async (
  app,
  options,
) => {
  const { accounts, identify, loginLimit } = options;
  app.post(
    '/api/auth/login',
    {
      config: { rateLimit: loginLimit },
      schema: {
        tags: ['accounts'],
        summary: 'Sign in with a built-in account',
        body: LoginBody,
        response: { 200: LoginAnswer },
      },
    },
    ({ body, headers }) => accounts.login(body.email, body.password, nameOf(headers)),
  );

  app.get(
    '/api/me',
    {
      schema: { tags: ['accounts'], summary: 'Who the token names', response: { 200: OwnProfile } },
    },
    async (request) => accounts.profile(await identify(request)),
  );

  app.post(
    '/api/auth/ticket',
    {
      schema: {
        tags: ['accounts'],
        summary: 'A single-use ticket, good for 30 seconds, that opens one connection',
        response: { 200: TicketAnswer },
      },
    },
    async (request) => accounts.issueTicket(await identify(request)),
  );

  const signOut = { tags: ['accounts'], response: { 204: Type.Null() } };
  app.post(
    '/api/auth/logout',
    { schema: { ...signOut, summary: 'End the login of this token, and its connections' } },
    async (request, reply) => {
      await accounts.logout(await identify(request));
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/auth/sessions',
    {
      schema: {
        tags: ['accounts'],
        summary: 'Where you are signed in with your built-in account, newest first',
        response: { 200: DeviceList },
      },
    },
    async (request) => ({ items: await accounts.sessions(await identify(request)) }),
  );

  app.delete(
    '/api/auth/sessions/:id',
    { schema: { ...signOut, summary: 'End one of your logins', params: DeviceParams } },
    async (request, reply) => {
      await accounts.endSession(await identify(request), request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/auth/sessions',
    { schema: { ...signOut, summary: 'Refuse every token issued to you until now' } },
    async (request, reply) => {
      await accounts.endAllSessions(await identify(request));
      return reply.code(204).send(null);
    },
  );
};

const MAX_NAME_CHARS = 200;

/** What the program that signs in calls itself, for the person to tell their devices apart. */
function nameOf({ 'user-agent': name }: IncomingHttpHeaders): string | null {
  return name?.slice(0, MAX_NAME_CHARS) ?? null;
}
