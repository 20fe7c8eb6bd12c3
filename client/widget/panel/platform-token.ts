import type { Host } from './host';

/** The token of a user whom the host page has signed in; null for a visitor. Each call but the first renews it. */
export function createPlatformToken(host: Host): () => Promise<string | null> {
  let wanting: ((token: string | null) => void)[] = [];
  let isFirst = true;
  host.listen((message) => {
    if (message.type !== 'token') return;
    for (const resolve of wanting) resolve(message.token);
    wanting = [];
  });
  if (!host.isEmbedded) return async () => null;
  return () =>
    new Promise((resolve) => {
      wanting.push(resolve);
      if (wanting.length === 1) host.post({ type: isFirst ? 'ready' : 'renew' });
      isFirst = false;
    });
}
