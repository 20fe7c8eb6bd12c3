import type { ToHost, ToPanel } from '../protocol';

/** The page that embeds the panel. */
export interface Host {
  readonly isEmbedded: boolean;
  post(message: ToHost): void;
  listen(listener: (message: ToPanel) => void): () => void;
}

/** Hears and speaks to one origin only; without one (opened by itself) it is deaf and dumb. */
export function createHost(panel: Window, origin: string): Host {
  const isEmbedded = origin !== '' && panel.parent !== panel;
  return {
    isEmbedded,
    post(message) {
      if (isEmbedded) panel.parent.postMessage(message, origin);
    },
    listen(listener) {
      const receive = (event: MessageEvent<ToPanel>) => {
        if (event.source === panel.parent && event.origin === origin) listener(event.data);
      };
      panel.addEventListener('message', receive);
      return () => panel.removeEventListener('message', receive);
    },
  };
}
