import { type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

/** Whatever the router may take for the beginning of a query, or a proxy may make of it. */
const QUERY = /([?#;&]|%(?:3f|23|3b|26))/i;
/** Nothing else of a query is logged: a credential may stand there under a name that is written in another way. */
const HARMLESS =
  /^(?:(?:conversationId|connection|limit|before|changedAfter|status|businessId|key)=[\w-]*|)$/;
const NAME = /^(?:token|ticket|access_token|after)=/i;

/** Takes credentials out of an address before it reaches a log. */
export function redactUrl(url: string): string {
  const [path = '', ...query] = url.split(QUERY);
  const kept = query.map((part, index) =>
    index % 2 === 0 || HARMLESS.test(part) ? part : `${NAME.exec(part)?.[0] ?? ''}[redacted]`,
  );
  return path + kept.join('');
}

/** Headers, bodies and addresses with credentials never reach the log: a request is its method and redacted path. */
export const loggerOptions = (level: string): LoggerOptions => ({
  level,
  base: null,
  redact: {
    // `rawPacket`: what Node could not read as HTTP, whole.
    paths: ['*.token', '*.password', '*.authorization', '*.ticket', '*.rawPacket'],
    censor: '[redacted]',
  },
  serializers: {
    req: (request: { method: string; url: string; ip?: string }) => ({
      method: request.method,
      url: redactUrl(request.url),
      ip: request.ip,
    }),
  },
});

export function createLogger(level: string): Logger {
  return pino(loggerOptions(level));
}
