import type { PanelAddress, ToHost, ToPanel } from './protocol';
import { LAUNCHER_STRINGS } from './strings';

export interface PanelFrame {
  readonly element: HTMLIFrameElement;
  post(message: ToPanel): void;
  destroy(): void;
}

/** The iframe of the chat origin; only messages of its own window and origin are heard. */
export function createPanelFrame(
  page: Window,
  url: string,
  address: PanelAddress,
  onMessage: (message: ToHost) => void,
): PanelFrame {
  const { origin } = new URL(url, page.location.href);
  const element = page.document.createElement('iframe');
  element.title = LAUNCHER_STRINGS.panel;
  element.src = `${origin}/widget/panel.html?${new URLSearchParams({ ...address })}`;
  const receive = (event: MessageEvent<ToHost>) => {
    if (event.source === element.contentWindow && event.origin === origin) onMessage(event.data);
  };
  page.addEventListener('message', receive);
  return {
    element,
    post: (message) => element.contentWindow?.postMessage(message, origin),
    destroy() {
      page.removeEventListener('message', receive);
      element.remove();
    },
  };
}
