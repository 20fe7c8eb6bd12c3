import { ERRORS, type ErrorCode } from '../protocol/errors.js';

export interface ErrorDetails {
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
  /** Members added to the problem document and to the error frame, as their schemas allow. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The one error thrown on purpose. `message` is shown to the caller: what was wrong and what to do. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly extra: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.extra = details.extra;
  }

  get spec(): (typeof ERRORS)[ErrorCode] {
    return ERRORS[this.code];
  }
}

/**
 * What the database says when it is away, overloaded or shutting down: the same request may succeed later. The words
 * are Prisma's for errors of the socket, whose codes it drops.
 */
const DATABASE_AWAY =
  /^(08|53|57)|^(40001|40P01|55P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|P1001|P1002|P1008|P1017|P2024|P2028|P2034)|^(ConnectionClosed|DatabaseNotReachable|SocketTimeout|TooManyConnections)$/;

export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (databaseCodes(error).some((code) => DATABASE_AWAY.test(code)) || isPoolAway(error)) {
    return new AppError(
      'unavailable',
      'The service cannot reach its database just now. Try again.',
      {
        cause: error,
        retryAfterMs: 1_000,
      },
    );
  }
  return new AppError('internal', 'Something went wrong on the server.', { cause: error });
}

/** Prisma wraps the driver's error: the SQLSTATE lies deeper, under `meta` or `cause`. */
function databaseCodes(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const { code, originalCode, kind, cause, meta, driverAdapterError } = error as Record<
    string,
    unknown
  >;
  const own = [code, originalCode, kind].filter(
    (value): value is string => typeof value === 'string',
  );
  return [
    ...own,
    ...[cause, meta, driverAdapterError].flatMap((inner) => databaseCodes(inner, depth + 1)),
  ];
}

/** The last of them: what is still asked when a node that stops has let go of the database. */
const POOL_AWAY =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Cannot use a pool after calling end/i;

function isPoolAway(error: unknown): boolean {
  return error instanceof Error && POOL_AWAY.test(error.message);
}
