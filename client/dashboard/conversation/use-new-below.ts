import type { Message } from '@protocol/resources/message';
import { useState } from 'react';

/** How many messages of others came in since the reader left the end of the thread. */
export function useNewBelow(
  messages: readonly Message[],
  isAtLatest: boolean,
  meId: string,
): number {
  const newest = messages.at(-1)?.seq ?? 0;
  const [seen, setSeen] = useState(newest);
  if (isAtLatest && seen !== newest) setSeen(newest);
  return messages.filter(({ seq, senderId }) => seq > seen && senderId !== meId).length;
}
