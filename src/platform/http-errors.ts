import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../protocol/errors.js';
import { AppError, toAppError } from './errors.js';

/** Refusals that Fastify and its plugins make themselves. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  503: 'overloaded',
};

export function registerHttpErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    sendProblem(request, reply, fromFastify(error));
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(request, reply, new AppError('not_found', 'There is nothing here.'));
  });
}

/** What is refused before a route is found, such as an address that cannot be decoded. */
export function sendFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendProblem(request, reply, fromFastify(error));
}

function fromFastify(error: FastifyError): AppError {
  if (error instanceof AppError) return error;
  const { statusCode = 500 } = error;
  const code = BY_STATUS[statusCode] ?? (statusCode < 500 ? 'bad_request' : undefined);
  return code ? new AppError(code, error.message, { cause: error }) : toAppError(error);
}

/** RFC 9457. What the caller may not see answers exactly as what does not exist, but for the request id. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: AppError): void {
  const { http, log } = error.spec;
  request.log[log](
    { code: error.code, err: log === 'error' ? error.cause : undefined },
    'request refused',
  );
  if (error.retryAfterMs !== undefined) {
    reply.header('retry-after', Math.ceil(error.retryAfterMs / 1_000));
  }
  reply
    .code(http)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      title: STATUS_CODES[http],
      status: http,
      code: error.code,
      detail: error.message,
      ...error.extra,
      requestId: request.id,
    });
}
