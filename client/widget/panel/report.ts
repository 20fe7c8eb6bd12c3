import type { Chat } from '../../sdk';
import type { PanelState } from '../protocol';
import type { Host } from './host';
import type { Panel, PanelSnapshot } from './panel';
import type { PanelTheme } from './theme';

const FULL_PX = 720;
/** Home with nothing but the question. */
const COMPACT_PX = 440;

/** Keeps the launcher told of what it shows of the panel. */
export function reportTo(host: Host, panel: Panel, theme: PanelTheme): void {
  let chat: Chat | null = null;
  let brandOf = '';
  let brand = '';
  let told = '';

  function tell(): void {
    const snapshot = panel.getSnapshot();
    const state = stateOf(snapshot, brand);
    if (JSON.stringify(state) === told) return;
    told = JSON.stringify(state);
    host.post({ type: 'state', ...state });
  }

  panel.subscribe(() => {
    const { chat: current, config } = panel.getSnapshot();
    if (config && config.brandColor !== brandOf) {
      brandOf = config.brandColor;
      brand = theme.setBrand(brandOf);
    }
    if (current && current !== chat) {
      chat = current;
      chat.inbox.subscribe(tell);
    }
    tell();
  });
}

function stateOf({ view, isKnown, chat }: PanelSnapshot, brand: string): PanelState {
  const { items, unreadTotal } = chat?.inbox.getSnapshot() ?? { items: [], unreadTotal: 0 };
  const isCompact = view === 'home' && items.length === 0;
  return { brand, unread: unreadTotal, isKnown, height: isCompact ? COMPACT_PX : FULL_PX };
}
