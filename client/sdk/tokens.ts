import { ChatError } from './errors';
import type { TokenProvider } from './types';

export interface Tokens {
  /** The newest token, also while a fresh one is being asked for; empty before the first. */
  current(): string;
  get(): Promise<string>;
  /** Asks for a fresh token, once however many callers met the refusal of the same one. */
  renew(refused: string): Promise<string>;
}

const refuse: TokenProvider = async () => {
  throw new ChatError({
    code: 'token_expired',
    message: 'The token expired and cannot be renewed',
  });
};

export function createTokens(source: string | TokenProvider): Tokens {
  const provider = typeof source === 'string' ? refuse : source;
  let newest = typeof source === 'string' ? source : '';
  let usable = typeof source === 'string';
  let asking: Promise<string> | null = null;

  async function ask(): Promise<string> {
    newest = await provider();
    usable = true;
    return newest;
  }
  const get = () => {
    if (usable) return Promise.resolve(newest);
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
  return {
    current: () => newest,
    get,
    renew(refused) {
      if (refused === newest) usable = false;
      return get();
    },
  };
}
