import type { RateLimitOptions } from '@fastify/rate-limit';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../realtime/caller.js';
import { LoginAnswer, LoginBody, OwnProfile, TicketAnswer } from './schemas.js';
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
    ({ body }) => accounts.login(body.email, body.password),
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
};
