import { type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

/** Also a name with an escape in it, which may be one of these in disguise. */
const SECRET_PARAMETER = /([?&](?:token|ticket|access_token|after|[^=&#]*%[^=&#]*)=)[^&#\s]*/gi;

/** Takes credentials out of an address before it reaches a log. */
export function redactUrl(url: string): string {
  return url.replace(SECRET_PARAMETER, '$1[redacted]');
}

/** Headers, bodies and addresses with credentials never reach the log: a request is its method and redacted path. */
export const loggerOptions = (level: string): LoggerOptions => ({
  level,
  base: null,
  redact: { paths: ['*.token', '*.password', '*.authorization', '*.ticket'], censor: '[redacted]' },
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
