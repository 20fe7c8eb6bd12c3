import { systemClock } from './clock';
import { createHttp, type Http } from './http';
import { createTokens } from './tokens';
import type { RestClient, TokenProvider } from './types';

export interface RestOptions {
  readonly url: string;
  /** Left out for what needs no login: `login`, `widgetConfig`, `widgetSession`. */
  readonly token?: string | TokenProvider | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** For use without a connection, such as logging in before there is a token. */
export function createRestClient({ url, token, fetch: own }: RestOptions): RestClient {
  const tokens = token === undefined ? null : createTokens(token);
  return restOver(
    createHttp({
      url,
      tokens,
      fetch: own ?? globalThis.fetch.bind(globalThis),
      clock: systemClock,
    }),
  );
}

const conversation = (id: string) => `/api/conversations/${encodeURIComponent(id)}`;
const message = (id: string, seq: number) => `${conversation(id)}/messages/${seq}`;

export function restOver(http: Http): RestClient {
  return {
    login: (email, password) =>
      http({
        method: 'POST',
        path: '/api/auth/login',
        body: { email, password },
        anonymous: true,
      }),
    logout: () => http({ method: 'POST', path: '/api/auth/logout', renews: false }),
    me: () => http({ method: 'GET', path: '/api/me' }),
    ticket: () => http({ method: 'POST', path: '/api/auth/ticket' }),
    conversations: (query = {}) =>
      http({ method: 'GET', path: '/api/conversations', query: { ...query } }),
    createConversation: (input) =>
      http({ method: 'POST', path: '/api/conversations', body: input }),
    conversation: (id) => http({ method: 'GET', path: conversation(id) }),
    setConversationStatus: (id, status) =>
      http({ method: 'PATCH', path: conversation(id), body: { status } }),
    messages: (id, query = {}) =>
      http({ method: 'GET', path: `${conversation(id)}/messages`, query: { ...query } }),
    send: (id, input) =>
      http({ method: 'POST', path: `${conversation(id)}/messages`, body: input }),
    edit: (id, seq, body) => http({ method: 'PATCH', path: message(id, seq), body: { body } }),
    remove: (id, seq) => http({ method: 'DELETE', path: message(id, seq) }),
    read: (id, seq) => http({ method: 'POST', path: `${conversation(id)}/read`, body: { seq } }),
    widgetConfig: (key) =>
      http({ method: 'GET', path: '/api/widget/config', query: { key }, anonymous: true }),
    widgetSession: (input) =>
      http({ method: 'POST', path: '/api/widget/session', body: input, anonymous: true }),
    connectionCheck: () => http({ method: 'GET', path: '/api/connection-check', renews: false }),
  };
}
