import type { Cancel } from './clock';
import type { LiveLink } from './live-link';
import type { Transport } from './transports/transport';
import type { ConnectionSnapshot } from './types';

export type ConnectionState =
  | { readonly name: 'idle' }
  /** `link` is null while a token or an explanation is awaited. */
  | { readonly name: 'connecting'; link: LiveLink | null }
  | { readonly name: 'open'; readonly link: LiveLink; readonly transport: Transport }
  | { readonly name: 'waiting'; readonly until: number; readonly cancel: Cancel }
  | { readonly name: 'closed' };

export function snapshotOf(state: ConnectionState, reason: string | null): ConnectionSnapshot {
  const open = state.name === 'open';
  return {
    state: open ? 'online' : state.name,
    transport: open ? state.transport.name : null,
    retryAt: state.name === 'waiting' ? state.until : null,
    reason: open ? null : reason,
  };
}
