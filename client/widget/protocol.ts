/**
 * What the launcher on the host page and the panel in its iframe say to each other, by `postMessage`.
 *
 * Each side sends to the other's origin only and ignores whatever comes from another window or origin. The panel knows
 * its host's origin from its own address; which hosts may embed it at all is the server's `frame-ancestors`.
 *
 *     panel                     host
 *       | ready              -> |
 *       | <- token              |  once, before anything else
 *       | <- shown / hidden     |  whenever that changes
 *       | state, close       -> |  at any time
 *       | renew              -> |  answered by another `token`
 */
export type ToPanel =
  /** A token of the platform's own user, or null for a visitor. */
  { readonly type: 'token'; readonly token: string | null } | { readonly type: 'shown' | 'hidden' };

export type ToHost =
  /** `ready`: the panel listens. `renew`: the platform's token ended. `close`: Escape, or the button in the header. */
  { readonly type: 'ready' | 'renew' | 'close' } | ({ readonly type: 'state' } & PanelState);

/** All that the launcher shows of the panel; sent whole whenever some of it changed. */
export interface PanelState {
  /** The business's colour, fitted to the theme; empty until it is loaded. */
  readonly brand: string;
  readonly unread: number;
  /** Whether there is a conversation whose answers are worth fetching before the panel is opened; null: not known yet. */
  readonly isKnown: boolean | null;
  /** The height that the panel would like on a large screen, in pixels. */
  readonly height: number;
}

export type Theme = 'auto' | 'light' | 'dark';

/** Query of the panel's address. */
export interface PanelAddress {
  readonly key: string;
  readonly host: string;
  readonly theme: Theme;
  readonly dir: 'ltr' | 'rtl';
}
