import type { BootOptions } from './commands';
import { takeScreen } from './full-screen';
import { knownVisitor } from './known-visitor';
import { createLauncherButton } from './launcher-button';
import { LAUNCHER_STYLE } from './launcher-style';
import { createPanelFrame, type PanelFrame } from './panel-frame';
import type { PanelState, ToHost } from './protocol';

export interface Launcher {
  open(): void;
  close(): void;
  toggle(): void;
  /** Leaves no element, listener or timer on the page. */
  destroy(): void;
}

type LauncherOptions = BootOptions & { readonly url: string };

/** A known visitor's answers are fetched once the page itself has had its time. */
const PRELOAD_MS = 1_500;

export function createLauncher(page: Window, options: LauncherOptions): Launcher {
  const { document } = page;
  const visitor = knownVisitor(page, options.key);
  const host = document.createElement('div');
  const shadow = host.attachShadow({ mode: 'open' });
  const button = createLauncherButton(document, () => toggle());
  let frame: PanelFrame | null = null;
  let isReady = false;
  let isOpen = false;
  let unread = 0;
  let giveScreenBack = () => {};

  const dir = page.getComputedStyle(document.documentElement).direction === 'rtl' ? 'rtl' : 'ltr';
  const theme = options.theme ?? 'auto';

  function mountFrame(): PanelFrame {
    const address = { key: options.key, host: page.location.origin, theme, dir } as const;
    const made = createPanelFrame(page, options.url, address, receive);
    shadow.prepend(made.element);
    return made;
  }

  function receive(message: ToHost): void {
    if (message.type === 'state') apply(message);
    else if (message.type === 'close') close();
    else void sendToken().then(message.type === 'ready' ? greet : undefined);
  }

  function greet(): void {
    isReady = true;
    announce();
  }

  function apply({ brand, isKnown, ...state }: PanelState): void {
    unread = state.unread;
    button.update(isOpen, unread);
    host.style.setProperty('--want', `${state.height}px`);
    paint(host, brand);
    if (isKnown) visitor.remember(brand);
    if (isKnown === false) visitor.forget();
  }

  async function sendToken(): Promise<void> {
    const { token = null } = options;
    const value = typeof token === 'function' ? await token().catch(() => null) : token;
    frame?.post({ type: 'token', token: value });
  }

  function announce(): void {
    if (isReady) frame?.post({ type: isOpen ? 'shown' : 'hidden' });
  }

  function open(): void {
    if (isOpen) return;
    frame ??= mountFrame();
    isOpen = true;
    giveScreenBack = takeScreen(page, host);
    // Read once, so that the panel starts from its closed place and moves.
    void frame.element.offsetWidth;
    update();
    frame.element.focus();
  }

  function close(): void {
    if (!isOpen) return;
    const hadFocus = document.activeElement === host;
    isOpen = false;
    giveScreenBack();
    update();
    if (hadFocus) button.element.focus();
  }

  function update(): void {
    host.toggleAttribute('data-open', isOpen);
    button.update(isOpen, unread);
    announce();
  }

  const toggle = () => (isOpen ? close() : open());

  host.dir = dir;
  host.dataset.theme = theme;
  paint(host, options.color ?? visitor.brand());
  addStyle(shadow);
  shadow.append(button.element);
  host.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
  button.update(false, 0);
  (document.body ?? document.documentElement).append(host);
  const preload = page.setTimeout(() => {
    if (visitor.brand() !== null) frame ??= mountFrame();
  }, PRELOAD_MS);

  return {
    open,
    close,
    toggle,
    destroy() {
      page.clearTimeout(preload);
      giveScreenBack();
      frame?.destroy();
      frame = null;
      host.remove();
    },
  };
}

function paint(host: HTMLElement, brand: string | null | undefined): void {
  if (brand) host.style.setProperty('--brand', brand);
}

/** A constructed sheet needs no exception in the host's CSP; a style element is for browsers without one. */
function addStyle(shadow: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LAUNCHER_STYLE);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.textContent = LAUNCHER_STYLE;
    shadow.append(style);
  }
}
