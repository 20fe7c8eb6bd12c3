import type { Message } from '@protocol/resources/message';
import type { MessagePage } from './types';

/** The loaded part of a conversation: everything from its first message on, unless something older is missing. */
export interface Window {
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
}

export const EMPTY: Window = { messages: [], hasOlder: false };

function isOutside({ messages, hasOlder }: Window, { seq }: Message): boolean {
  const first = messages[0];
  return hasOlder && first !== undefined && seq < first.seq;
}

/** Where it is, or belongs; looked for from the end, as most messages are new. */
function place(messages: readonly Message[], seq: number): number {
  let at = messages.length;
  while (at > 0 && (messages[at - 1] as Message).seq >= seq) at -= 1;
  return at;
}

/** Newest state wins; what lies before the loaded part is left out. The same window when nothing changed. */
export function upsert(window: Window, incoming: readonly Message[]): Window {
  let messages: Message[] | null = null;
  for (const message of incoming) {
    if (isOutside(window, message)) continue;
    const present = messages ?? window.messages;
    const at = place(present, message.seq);
    const known = present[at];
    const isKnown = known?.seq === message.seq;
    if (isKnown && message.changeSeq <= known.changeSeq) continue;
    messages ??= [...window.messages];
    messages.splice(at, isKnown ? 1 : 0, message);
  }
  return messages === null ? window : { ...window, messages };
}

export function newestPage({ items, nextCursor }: MessagePage): Window {
  return { messages: items, hasOlder: nextCursor !== null };
}

export function withOlderPage({ messages }: Window, { items, nextCursor }: MessagePage): Window {
  const whole = upsert({ messages, hasOlder: false }, items);
  return { ...whole, hasOlder: nextCursor !== null };
}
