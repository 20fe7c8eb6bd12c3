import createCache, { type EmotionCache } from '@emotion/cache';

/** Emotion's style tags carry the nonce of the page, so the policy needs no `unsafe-inline`. */
export function createStyleCache(page: Document): EmotionCache {
  const nonce = page.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
  return createCache({ key: 'mui', prepend: true, ...(nonce ? { nonce } : {}) });
}
