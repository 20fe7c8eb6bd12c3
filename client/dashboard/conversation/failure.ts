import type { ChatError, ChatErrorCode } from '../../sdk';
import { text } from '../catalogue';

/** What the server would refuse again; everything else is worth another try. */
const FINAL: Partial<Record<ChatErrorCode, string>> = {
  body_too_long: text.message.tooLong,
  payload_too_large: text.message.tooLong,
  conversation_closed: text.message.closed,
  forbidden: text.message.forbidden,
  not_found: text.message.forbidden,
};

export function failureText(error: ChatError | null): string {
  return (error && FINAL[error.code]) ?? text.message.notSent;
}

export function canRetry(error: ChatError | null): boolean {
  return error === null || FINAL[error.code] === undefined;
}
