import type { InboxFilter } from '../../sdk';

/** What the live inbox holds: conversations that may still need an answer. */
export const OPEN: InboxFilter = { status: 'open' };
