import type { ServiHubChat } from '../widget/commands';

/** The page's `ServiHubChat`; calls wait in its queue until the loader, added once per page, has arrived. */
export function loadWidget(url: string): ServiHubChat {
  window.ServiHubChat ??= queue();
  const src = new URL('/widget/loader.js', url || window.location.origin).href;
  if (window.ServiHubChat.isLoaded || document.querySelector(`script[src="${src}"]`)) {
    return window.ServiHubChat;
  }
  const script = document.createElement('script');
  script.async = true;
  script.src = src;
  document.head.append(script);
  return window.ServiHubChat;
}

function queue(): ServiHubChat {
  const calls: ArrayLike<unknown>[] = [];
  const enqueue: ServiHubChat = (...call) => void calls.push(call);
  enqueue.q = calls;
  return enqueue;
}
