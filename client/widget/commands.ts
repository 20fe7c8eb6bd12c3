import type { Theme } from './protocol';

export interface BootOptions {
  /** The business's public widget key. */
  readonly key: string;
  /** A signed-in user of the platform; a function is asked again when the token has ended. */
  readonly token?: string | (() => Promise<string>);
  /** Origin of the chat service; that of the loader by default. */
  readonly url?: string;
  /** `auto` follows the visitor's system. */
  readonly theme?: Theme;
  /** Colour of the launcher until the panel tells the business's own. */
  readonly color?: string;
}

/**
 * `boot` draws the launcher and takes the place of an earlier one; `shutdown` takes everything off the page again.
 * The visitor stays known to a later `boot`.
 */
export type CommandCall =
  | readonly [name: 'boot', options: BootOptions]
  | readonly [name: 'open' | 'close' | 'toggle' | 'shutdown'];

export interface ServiHubChat {
  (...call: CommandCall): void;
  /** Calls made before the loader arrived. */
  q?: ArrayLike<unknown>[];
  isLoaded?: true;
}

declare global {
  interface Window {
    ServiHubChat?: ServiHubChat;
  }
}
