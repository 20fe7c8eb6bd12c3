import type { Clock } from './clock';
import { ChatError, type ChatErrorCode } from './errors';
import type { Tokens } from './tokens';

const TIMEOUT_MS = 15_000;

export interface HttpDeps {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly tokens: Tokens | null;
  readonly clock: Clock;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Record<string, string | number | undefined>;
  readonly body?: object;
  readonly anonymous?: boolean;
  /** Whether a 401 is met with a fresh token; default true. */
  readonly renews?: boolean;
}

export interface Http {
  <T>(request: HttpRequest): Promise<T>;
  /** Aborts what is under way and refuses everything later. */
  close(): void;
}

interface Problem {
  readonly code?: ChatErrorCode;
  readonly title?: string;
  readonly detail?: string;
}

function address(url: string, { path, query = {} }: HttpRequest): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  return given.length === 0 ? `${url}${path}` : `${url}${path}?${search}`;
}

const FALLBACK_CODES: Record<number, ChatErrorCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  // A server or a proxy that got the request too slowly.
  408: 'timeout',
  413: 'payload_too_large',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

function codeOf(status: number): ChatErrorCode {
  return FALLBACK_CODES[status] ?? (status >= 500 ? 'internal' : 'bad_request');
}

/** `Retry-After` in seconds; the form with a date is not used by the service. */
function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : null;
}

export async function errorOfResponse(response: Response): Promise<ChatError> {
  const problem = (await response.json().catch(() => ({}))) as Problem;
  return new ChatError({
    retryAfterMs: retryAfter(response),
    ...problem,
    code: problem.code ?? codeOf(response.status),
    message: problem.detail ?? problem.title ?? `HTTP ${response.status}`,
    status: response.status,
  });
}

function headersOf({ body }: HttpRequest, token: string | null): Record<string, string> {
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
}

export function createHttp({ url, fetch, tokens, clock }: HttpDeps): Http {
  const underWay = new Set<AbortController>();
  let closed = false;

  async function exchange<T>(request: HttpRequest, token: string | null): Promise<T> {
    if (closed) throw new ChatError({ code: 'disconnected', message: 'Closed', retryable: false });
    const abort = new AbortController();
    underWay.add(abort);
    const stopTimer = clock.after(TIMEOUT_MS, () => abort.abort());
    try {
      const response = await fetch(address(url, request), {
        method: request.method,
        headers: headersOf(request, token),
        signal: abort.signal,
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      if (!response.ok) throw await errorOfResponse(response);
      return (response.status === 204 ? undefined : await response.json()) as T;
    } catch (cause) {
      if (cause instanceof ChatError) throw cause;
      throw new ChatError({ code: 'network', message: String(cause), retryable: !closed });
    } finally {
      stopTimer();
      underWay.delete(abort);
    }
  }

  async function run<T>(request: HttpRequest): Promise<T> {
    if (request.anonymous || tokens === null) return exchange<T>(request, null);
    const token = await tokens.get();
    try {
      return await exchange<T>(request, token);
    } catch (cause) {
      const isRefused = cause instanceof ChatError && cause.status === 401;
      if (!isRefused || request.renews === false) throw cause;
      return exchange<T>(request, await tokens.renew(token));
    }
  }

  return Object.assign(run, {
    close() {
      closed = true;
      for (const abort of underWay) abort.abort();
    },
  });
}
