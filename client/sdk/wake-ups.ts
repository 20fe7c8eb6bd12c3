/** Calls when the page comes back to life: phones suspend sockets and timers without telling anybody. */
export function onWakeUp(listener: () => void): () => void {
  const page = globalThis.document as Document | undefined;
  const frame = globalThis.window as Window | undefined;
  const ifVisible = () => {
    if (page?.visibilityState === 'visible') listener();
  };
  page?.addEventListener?.('visibilitychange', ifVisible);
  frame?.addEventListener?.('pageshow', listener);
  frame?.addEventListener?.('online', listener);
  return () => {
    page?.removeEventListener?.('visibilitychange', ifVisible);
    frame?.removeEventListener?.('pageshow', listener);
    frame?.removeEventListener?.('online', listener);
  };
}
