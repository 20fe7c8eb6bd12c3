import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Message } from '@protocol/resources/message';
import type { Clock } from './clock';
import { type ChatError, toChatError } from './errors';
import { persist } from './persist';
import type { MessagePage, RestClient } from './types';
import { EMPTY, newestPage, upsert, type Window, withOlderPage } from './window';

const PAGE = 50;

export interface HistoryDeps {
  readonly id: string;
  readonly rest: RestClient;
  readonly clock: Clock;
  readonly random: () => number;
  /** The newest page is in place, read when the conversation was at `page.head`. */
  readonly loaded: (page: MessagePage, item: InboxItem) => void;
  readonly changed: () => void;
}

/** The messages of a thread: pages by REST, and over them what the stream brings. */
export interface History {
  readonly window: Window;
  readonly isLoading: boolean;
  readonly error: ChatError | null;
  /** Whether it is loaded, or being loaded. */
  readonly isLive: boolean;
  /** Reads the newest page, and drops what there was when it comes. */
  load(): void;
  loadOlder(): Promise<void>;
  unload(): void;
  deliver(messages: readonly Message[]): void;
}

export function createHistory({ id, rest, clock, random, loaded, changed }: HistoryDeps): History {
  let window: Window = EMPTY;
  let isLive = false;
  let loading = 0;
  let error: ChatError | null = null;
  /** What came during a read, which may be older than it. */
  let aside: Message[] = [];
  /** The newest load: an answer to an earlier one is of what was dropped. */
  let turn = 0;

  function failed(cause: unknown): void {
    error = toChatError(cause);
    changed();
  }
  async function settle<T>(read: () => Promise<T>, place: (result: T) => void): Promise<void> {
    const mine = turn;
    const isMine = () => turn === mine;
    const report = (cause: unknown) => isMine() && failed(cause);
    try {
      const result = await persist(read, { clock, random, wanted: isMine, failed: report });
      if (!isMine()) return;
      error = null;
      place(result);
      window = upsert(window, aside);
    } catch (cause) {
      report(cause);
    }
  }
  async function beside<T>(read: () => Promise<T>, place: (result: T) => void): Promise<void> {
    loading += 1;
    error = null;
    changed();
    await settle(read, place);
    loading -= 1;
    if (loading === 0) aside = [];
    changed();
  }

  return {
    get window() {
      return window;
    },
    get isLoading() {
      return loading > 0;
    },
    get error() {
      return error;
    },
    get isLive() {
      return isLive;
    },
    load() {
      isLive = true;
      turn += 1;
      aside = [];
      const read = () => Promise.all([rest.messages(id, { limit: PAGE }), rest.conversation(id)]);
      void beside(read, ([page, item]) => {
        window = newestPage(page);
        loaded(page, item);
      });
    },
    async loadOlder() {
      const first = window.messages[0];
      if (!window.hasOlder || first === undefined || loading > 0) return;
      const read = () => rest.messages(id, { before: first.seq, limit: PAGE });
      await beside(read, (page) => {
        window = withOlderPage(window, page);
      });
    },
    unload() {
      isLive = false;
      turn += 1;
      window = EMPTY;
      changed();
    },
    deliver(messages) {
      if (!isLive) return;
      if (loading > 0) aside.push(...messages);
      window = upsert(window, messages);
      changed();
    },
  };
}
