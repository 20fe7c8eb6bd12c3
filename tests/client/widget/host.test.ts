import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { readAddress } from '../../../client/widget/panel/address';
import { createHost, type Host } from '../../../client/widget/panel/host';
import type { Panel, PanelSnapshot } from '../../../client/widget/panel/panel';
import { createPlatformToken } from '../../../client/widget/panel/platform-token';
import { reportTo } from '../../../client/widget/panel/report';
import { createShown } from '../../../client/widget/panel/shown';
import { createTheme } from '../../../client/widget/panel/theme';
import type { ToHost, ToPanel } from '../../../client/widget/protocol';
import { BUSINESS, createCell, createFakeChat, inboxItem } from './fake-chat';

const SHOP = 'https://shop.example';

/** A window that something embeds. */
function embedded() {
  const listeners = new Set<(event: MessageEvent) => void>();
  const parent = { postMessage: jest.fn() };
  const panel = {
    parent,
    addEventListener: (_: string, listener: (event: MessageEvent) => void) =>
      listeners.add(listener),
    removeEventListener: (_: string, listener: (event: MessageEvent) => void) =>
      listeners.delete(listener),
  };
  const arrive = (data: ToPanel, origin = SHOP, source: unknown = parent) => {
    for (const listener of listeners) listener({ data, origin, source } as MessageEvent);
  };
  return { host: createHost(panel as unknown as Window, SHOP), parent, arrive, listeners };
}

afterEach(() => {
  document.documentElement.removeAttribute('data-theme');
  document.documentElement.removeAttribute('style');
});

describe('the panel and its host', () => {
  test('speak to each other’s origin only', () => {
    const { host, parent, arrive } = embedded();
    const heard: ToPanel[] = [];
    host.listen((message) => heard.push(message));
    host.post({ type: 'close' });
    expect(parent.postMessage).toHaveBeenCalledWith({ type: 'close' }, SHOP);
    arrive({ type: 'shown' }, 'https://evil.example');
    arrive({ type: 'shown' }, SHOP, {});
    expect(heard).toEqual([]);
    arrive({ type: 'shown' });
    expect(heard).toEqual([{ type: 'shown' }]);
  });

  test('a listener that is taken away hears nothing more', () => {
    const { host, listeners } = embedded();
    host.listen(() => {})();
    expect(listeners.size).toBe(0);
  });

  test('the token is asked for once at first and renewed after that', async () => {
    const { host, parent, arrive } = embedded();
    const token = createPlatformToken(host);
    const first = token();
    arrive({ type: 'token', token: 'one' });
    const second = token();
    arrive({ type: 'token', token: null });
    expect(await Promise.all([first, second])).toEqual(['one', null]);
    expect(parent.postMessage.mock.calls.map(([message]) => message)).toEqual([
      { type: 'ready' },
      { type: 'renew' },
    ]);
  });

  test('opened by itself the panel is shown, and its reader a visitor', async () => {
    const alone = createHost(window, '');
    expect(createShown(alone).getSnapshot()).toBe(true);
    expect(await createPlatformToken(alone)()).toBeNull();
  });

  test('the panel knows whether it is shown', () => {
    const { host, arrive } = embedded();
    const shown = createShown(host);
    const listener = jest.fn();
    const stop = shown.subscribe(listener);
    arrive({ type: 'shown' });
    expect(shown.getSnapshot()).toBe(true);
    stop();
    arrive({ type: 'hidden' });
    expect(shown.getSnapshot()).toBe(false);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

test('the address of the panel is read with care', () => {
  expect(readAddress('?key=savanna&host=https://a.example&theme=dark&dir=rtl')).toEqual({
    key: 'savanna',
    host: 'https://a.example',
    theme: 'dark',
    dir: 'rtl',
  });
  expect(readAddress('?theme=neon&dir=up')).toEqual({
    key: '',
    host: '',
    theme: 'auto',
    dir: 'ltr',
  });
});

describe('the theme', () => {
  function withScheme(isDark: boolean) {
    const listeners: (() => void)[] = [];
    const query = {
      matches: isDark,
      addEventListener: (_: string, listener: () => void) => listeners.push(listener),
    };
    const page = { document, matchMedia: () => query } as unknown as Window;
    const change = (matches: boolean) => {
      query.matches = matches;
      for (const listener of listeners) listener();
    };
    return { page, change };
  }
  const root = document.documentElement;

  test('follows the visitor’s system, the brand fitted anew', () => {
    const { page, change } = withScheme(false);
    const theme = createTheme(page, 'auto');
    expect(theme.setBrand('#08444a')).toBe('#08444a');
    change(true);
    expect(root.dataset.theme).toBe('dark');
    expect(root.style.getPropertyValue('--sh-brand')).not.toBe('#08444a');
  });

  test('is what the host page wants when it wants one', () => {
    createTheme(withScheme(false).page, 'dark');
    expect(root.dataset.theme).toBe('dark');
  });

  test('keeps its own colour when the business gives none that is one', () => {
    expect(createTheme(withScheme(false).page, 'light').setBrand('brown')).toBe('');
    expect(root.style.getPropertyValue('--sh-brand')).toBe('');
  });
});

describe('what the launcher is told', () => {
  const START: PanelSnapshot = {
    view: 'home',
    isKnown: null,
    config: null,
    configFailed: false,
    chat: null,
    conversationId: null,
    drafts: [],
  };
  const config = {
    businessId: BUSINESS,
    name: 'Savanna Crafts',
    brandColor: '#A64A20',
    greeting: '',
    team: [],
    status: 'online',
  } as const;

  function reporting() {
    const told: ToHost[] = [];
    const host: Host = {
      isEmbedded: true,
      post: (message) => told.push(message),
      listen: () => () => {},
    };
    const cell = createCell(START);
    const theme = { setBrand: jest.fn((colour: string) => colour.toLowerCase()) };
    reportTo(host, cell as unknown as Panel, theme);
    return { told, cell, theme };
  }

  test('the colour as soon as it is known, and the same thing never twice', () => {
    const { told, cell, theme } = reporting();
    cell.set({ ...START, config });
    cell.set({ ...START, config, drafts: [] });
    expect(told).toEqual([
      { type: 'state', brand: '#a64a20', unread: 0, isKnown: null, height: 440 },
    ]);
    expect(theme.setBrand).toHaveBeenCalledTimes(1);
  });

  test('the unread count as it changes, and the height that the view needs', () => {
    const { told, cell } = reporting();
    const chat = createFakeChat();
    cell.set({ ...START, config, chat, view: 'thread', isKnown: true });
    const inbox = chat.cells.inbox.getSnapshot();
    chat.cells.inbox.set({ ...inbox, items: [inboxItem({ unread: 3 })], unreadTotal: 3 });
    expect(told.at(-1)).toEqual({
      type: 'state',
      brand: '#a64a20',
      unread: 3,
      isKnown: true,
      height: 720,
    });
    cell.set({ ...START, config, chat, isKnown: true });
    expect(told.at(-1)).toMatchObject({ unread: 3, height: 720 });
  });
});
