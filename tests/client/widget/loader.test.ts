import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BootOptions, ServiHubChat } from '../../../client/widget/commands';
import { install } from '../../../client/widget/install';
import type { PanelState } from '../../../client/widget/protocol';

const ORIGIN = 'https://chat.example';

function script(attributes: Record<string, string> = {}): HTMLScriptElement {
  const element = document.createElement('script');
  Object.defineProperty(element, 'src', { value: `${ORIGIN}/widget/loader.js` });
  Object.assign(element.dataset, attributes);
  return element;
}

function boot(options: Partial<BootOptions> = {}): void {
  window.ServiHubChat?.('boot', { key: 'savanna', ...options });
}

const host = () => document.body.querySelector<HTMLElement>('[data-theme]');
const button = () => host()?.shadowRoot?.querySelector('button');
const frame = () => host()?.shadowRoot?.querySelector('iframe') ?? null;
const badge = () => button()?.querySelector('b')?.textContent;
const label = () => button()?.getAttribute('aria-label');

/** Stands in for the window of the panel: jsdom gives frames in a shadow root none. */
let panelWindow: Window;

/** The panel speaks; by default as itself. */
function say(data: object, from: Partial<MessageEventInit> = {}): void {
  window.dispatchEvent(
    new MessageEvent('message', { data, origin: ORIGIN, source: panelWindow, ...from }),
  );
}

function tell(state: Partial<PanelState>): void {
  say({ type: 'state', brand: '', unread: 0, isKnown: null, height: 440, ...state });
}

/** What the panel is told, once it listens. */
function heard(): object[] {
  const sent: object[] = [];
  jest.spyOn(panelWindow, 'postMessage').mockImplementation((message: object, target: unknown) => {
    expect(target).toBe(ORIGIN);
    sent.push(message);
  });
  return sent;
}

beforeEach(() => {
  panelWindow = document.body.appendChild(document.createElement('iframe')).contentWindow as Window;
  jest
    .spyOn(HTMLIFrameElement.prototype, 'contentWindow', 'get')
    .mockImplementation(() => panelWindow);
  jest.useFakeTimers();
  window.matchMedia = ((query: string) => ({ matches: false, media: query })) as typeof matchMedia;
  // jsdom would fetch the frame.
  jest.spyOn(HTMLIFrameElement.prototype, 'src', 'set').mockImplementation(function (
    this: HTMLElement,
    src,
  ) {
    this.dataset.src = src;
  });
});

afterEach(() => {
  window.ServiHubChat?.('shutdown');
  delete window.ServiHubChat;
  window.localStorage.clear();
  jest.restoreAllMocks();
  jest.useRealTimers();
  document.body.replaceChildren();
});

describe('the loader', () => {
  test('without a key and without a call draws nothing', () => {
    install(window, script());
    expect(host()).toBeNull();
  });

  test('a script tag with a key is all that a page needs', () => {
    install(window, script({ key: 'savanna' }));
    expect(label()).toBe('Open chat');
  });

  test('calls made before it arrived are carried out in their order', () => {
    const calls: unknown[][] = [];
    const early = (...call: unknown[]) => void calls.push(call);
    window.ServiHubChat = Object.assign(early, { q: calls }) as unknown as ServiHubChat;
    boot({ color: '#123456' });
    window.ServiHubChat?.('open');
    install(window, script());
    expect(button()?.getAttribute('aria-expanded')).toBe('true');
    expect(host()?.style.getPropertyValue('--brand')).toBe('#123456');
  });

  test('a second loader on the same page changes nothing', () => {
    install(window, script({ key: 'savanna' }));
    const first = window.ServiHubChat;
    install(window, script({ key: 'savanna' }));
    expect(window.ServiHubChat).toBe(first);
    expect(document.querySelectorAll('[data-theme]')).toHaveLength(1);
  });

  test('a second boot takes the place of the first', () => {
    install(window, script({ key: 'savanna' }));
    boot({ theme: 'dark' });
    expect(document.querySelectorAll('[data-theme]')).toHaveLength(1);
    expect(host()?.dataset.theme).toBe('dark');
  });

  test('commands before the first boot are harmless', () => {
    install(window, script());
    for (const name of ['open', 'close', 'toggle', 'shutdown'] as const)
      window.ServiHubChat?.(name);
    expect(host()).toBeNull();
  });
});

describe('the launcher', () => {
  beforeEach(() => install(window, script({ key: 'savanna' })));

  test('fetches and stores nothing for a stranger who does not open it', () => {
    jest.advanceTimersByTime(60_000);
    expect(frame()).toBeNull();
    expect(window.localStorage).toHaveLength(0);
  });

  test('opens the panel of its own origin and names the host to it', () => {
    window.ServiHubChat?.('open');
    const address = new URL(frame()?.dataset.src ?? '');
    expect(address.origin + address.pathname).toBe(`${ORIGIN}/widget/panel.html`);
    expect(address.searchParams.get('key')).toBe('savanna');
    expect(address.searchParams.get('host')).toBe(window.location.origin);
  });

  test('says nothing to the panel before it listens, then the token, then that it is shown', async () => {
    window.ServiHubChat?.('open');
    const sent = heard();
    window.ServiHubChat?.('close');
    window.ServiHubChat?.('open');
    expect(sent).toEqual([]);
    say({ type: 'ready' });
    await jest.advanceTimersByTimeAsync(0);
    expect(sent).toEqual([{ type: 'token', token: null }, { type: 'shown' }]);
  });

  test('hands a user of the platform over, and asks for a fresh token when told', async () => {
    const token = jest
      .fn<() => Promise<string>>()
      .mockResolvedValueOnce('one')
      .mockResolvedValueOnce('two');
    boot({ token });
    window.ServiHubChat?.('open');
    const sent = heard();
    say({ type: 'ready' });
    say({ type: 'renew' });
    await jest.advanceTimersByTimeAsync(0);
    expect(sent).toContainEqual({ type: 'token', token: 'one' });
    expect(sent).toContainEqual({ type: 'token', token: 'two' });
  });

  test('does not listen to another origin or another window', () => {
    window.ServiHubChat?.('open');
    const state = { type: 'state', brand: 'red', unread: 9, isKnown: true, height: 10 };
    say(state, { origin: 'https://evil.example' });
    say(state, { source: window });
    window.ServiHubChat?.('close');
    expect(badge()).toBe('');
    expect(window.localStorage).toHaveLength(0);
  });

  test('counts what is unread while it is closed, in its label too', () => {
    window.ServiHubChat?.('open');
    tell({ unread: 1 });
    expect(label()).toBe('Close chat');
    window.ServiHubChat?.('close');
    expect([badge(), label()]).toEqual(['1', 'Open chat, 1 unread message']);
    tell({ unread: 120 });
    expect([badge(), label()]).toEqual(['99+', 'Open chat, 120 unread messages']);
  });

  test('takes the colour of the business', () => {
    window.ServiHubChat?.('open');
    tell({ brand: '#a64a20' });
    expect(host()?.style.getPropertyValue('--brand')).toBe('#a64a20');
  });

  test('waits for answers from the next page on when there is a conversation', () => {
    window.ServiHubChat?.('open');
    tell({ brand: '#a64a20', isKnown: true });
    boot();
    expect(host()?.style.getPropertyValue('--brand')).toBe('#a64a20');
    expect(frame()).toBeNull();
    jest.advanceTimersByTime(1_500);
    expect(frame()).not.toBeNull();
    expect(button()?.getAttribute('aria-expanded')).toBe('false');
  });

  test('forgets a visitor whom the panel does not know any more, not one it has not asked about', () => {
    window.localStorage.setItem('servihub:savanna', '#a64a20');
    window.ServiHubChat?.('open');
    tell({ isKnown: null });
    expect(window.localStorage).toHaveLength(1);
    tell({ isKnown: false });
    expect(window.localStorage).toHaveLength(0);
  });

  test('closes when the panel asks and on Escape, and gives the focus back', () => {
    window.ServiHubChat?.('open');
    frame()?.focus();
    say({ type: 'close' });
    expect(host()?.shadowRoot?.activeElement).toBe(button());
    window.ServiHubChat?.('toggle');
    button()?.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true }),
    );
    expect(host()?.hasAttribute('data-open')).toBe(false);
  });

  test('on a phone keeps the page behind from scrolling while it is open', () => {
    window.matchMedia = (() => ({ matches: true })) as unknown as typeof matchMedia;
    document.documentElement.style.overflow = 'clip';
    window.ServiHubChat?.('open');
    expect(document.documentElement.style.overflow).toBe('hidden');
    window.ServiHubChat?.('shutdown');
    expect(document.documentElement.style.overflow).toBe('clip');
    document.documentElement.style.overflow = '';
  });
});

describe('shutdown', () => {
  test('leaves no element, no listener and no timer on the page', () => {
    const before = document.documentElement.outerHTML;
    const added = jest.spyOn(window, 'addEventListener');
    const removed = jest.spyOn(window, 'removeEventListener');
    install(window, script({ key: 'savanna' }));
    window.ServiHubChat?.('open');
    window.ServiHubChat?.('shutdown');
    expect(document.documentElement.outerHTML).toBe(before);
    expect(removed.mock.calls).toEqual(added.mock.calls);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('can be followed by another boot', () => {
    install(window, script({ key: 'savanna' }));
    window.ServiHubChat?.('shutdown');
    boot();
    expect(label()).toBe('Open chat');
  });
});
