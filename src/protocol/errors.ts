/** `log`: the level at which the server reports it; `retry`: whether the same request may succeed later. */
interface ErrorSpec {
  readonly http: number;
  readonly retry: boolean;
  readonly log: 'debug' | 'info' | 'warn' | 'error';
}

/** Every refusal there is. REST answers it as `code` of a problem document, realtime as an `error` frame. */
export const ERRORS = {
  bad_request: { http: 400, retry: false, log: 'debug' },
  bad_frame: { http: 400, retry: false, log: 'debug' },
  bad_seq: { http: 400, retry: false, log: 'debug' },
  bad_cursor: { http: 400, retry: false, log: 'debug' },
  body_empty: { http: 400, retry: false, log: 'debug' },
  unauthorized: { http: 401, retry: false, log: 'info' },
  token_expired: { http: 401, retry: false, log: 'debug' },
  login_failed: { http: 401, retry: false, log: 'info' },
  forbidden: { http: 403, retry: false, log: 'info' },
  origin_forbidden: { http: 403, retry: false, log: 'info' },
  not_found: { http: 404, retry: false, log: 'debug' },
  idempotency_conflict: { http: 409, retry: false, log: 'info' },
  stale_reply: { http: 409, retry: false, log: 'debug' },
  conversation_closed: { http: 409, retry: false, log: 'debug' },
  message_deleted: { http: 409, retry: false, log: 'debug' },
  body_too_long: { http: 413, retry: false, log: 'debug' },
  payload_too_large: { http: 413, retry: false, log: 'info' },
  unsupported_media_type: { http: 415, retry: false, log: 'debug' },
  rate_limited: { http: 429, retry: true, log: 'info' },
  internal: { http: 500, retry: true, log: 'error' },
  unavailable: { http: 503, retry: true, log: 'warn' },
  overloaded: { http: 503, retry: true, log: 'warn' },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;
