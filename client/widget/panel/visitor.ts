/** The secret by which a visitor is known again: 128 random bits, on the chat's origin only. */
export interface Visitor {
  /** Null for somebody who has not written yet; nothing is stored for them. */
  key(): string | null;
  makeKey(): string;
}

const NAME = 'servihub:visitor';

/** Browsers that refuse storage keep the key for as long as the page. */
export function createVisitor(storage: () => Storage, crypto: Crypto): Visitor {
  let inMemory: string | null = null;
  const stored = () => attempt(() => storage().getItem(NAME));
  return {
    key: () => stored() ?? inMemory,
    makeKey() {
      inMemory = stored() ?? inMemory ?? randomHex(crypto);
      const key = inMemory;
      attempt(() => storage().setItem(NAME, key));
      return key;
    },
  };
}

function randomHex(crypto: Crypto): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function attempt<T>(use: () => T): T | null {
  try {
    return use();
  } catch {
    return null;
  }
}
