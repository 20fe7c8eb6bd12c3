import { ERRORS, type ErrorCode } from '@protocol/errors';
import type { FrameOf } from '@protocol/frames';
import type { Message } from '@protocol/resources/message';

/** Refusals of the server, and what can go wrong on this side of the network. */
export type ChatErrorCode =
  | ErrorCode
  | 'network'
  | 'timeout'
  | 'disconnected'
  | 'discarded'
  | 'resync_loop';

export interface ChatErrorInit {
  readonly code: ChatErrorCode;
  readonly message: string;
  /** HTTP status, 0 when nothing was answered. */
  readonly status?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | null | undefined;
  readonly newer?: readonly Message[] | undefined;
  readonly openConversationId?: string | undefined;
  readonly requestId?: string | undefined;
}

const LOCAL_RETRYABLE: readonly string[] = ['network', 'timeout', 'disconnected'];

function specOf(code: string) {
  return code in ERRORS ? ERRORS[code as ErrorCode] : null;
}

/** The only error that the SDK throws or rejects with. */
export class ChatError extends Error {
  readonly code: ChatErrorCode;
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  /** `stale_reply`: the messages that the sender had not seen. */
  readonly newer: readonly Message[] | null;
  /** `conversation_closed`: the conversation that is open instead. */
  readonly openConversationId: string | null;
  readonly requestId: string | null;

  constructor(init: ChatErrorInit) {
    super(init.message);
    const spec = specOf(init.code);
    this.name = 'ChatError';
    this.code = init.code;
    this.status = init.status ?? spec?.http ?? 0;
    this.retryable = init.retryable ?? spec?.retry ?? LOCAL_RETRYABLE.includes(init.code);
    this.retryAfterMs = init.retryAfterMs ?? null;
    this.newer = init.newer ?? null;
    this.openConversationId = init.openConversationId ?? null;
    this.requestId = init.requestId ?? null;
  }
}

export function errorOfFrame(frame: FrameOf<'error'>): ChatError {
  return new ChatError(frame);
}

/** Whatever was thrown, as a ChatError; a fault of our own never looks like one of the network. */
export function toChatError(cause: unknown): ChatError {
  if (cause instanceof ChatError) return cause;
  return new ChatError({ code: 'internal', message: String(cause), status: 0, retryable: false });
}
