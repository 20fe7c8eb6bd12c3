import type { DurableFrame } from '@protocol/frames';
import { LIMITS } from '@protocol/limits';
import type { MessagePage, RestClient } from './types';

export interface ChangedRows {
  /** Of the first page: what changed after it was read may be missing. */
  readonly head: number;
  readonly rows: readonly DurableFrame[];
}

const rowsOf = ({ items }: MessagePage) =>
  items.map((item) => ({ type: 'message' as const, ...item }));

/** Everything that changed after a number, page by page, as if it had come by the connection. */
export async function readChangedPages(
  read: RestClient['messages'],
  conversationId: string,
  changedAfter: number,
): Promise<ChangedRows> {
  const query = { changedAfter, limit: LIMITS.historyPage };
  let page = await read(conversationId, query);
  const { head } = page;
  const rows = rowsOf(page);
  while (page.nextCursor !== null) {
    page = await read(conversationId, { ...query, after: page.nextCursor });
    rows.push(...rowsOf(page));
  }
  return { head, rows };
}
