import type { PanelAddress, Theme } from '../protocol';

const THEMES: readonly string[] = ['auto', 'light', 'dark'] satisfies Theme[];

export function readAddress(search: string): PanelAddress {
  const query = new URLSearchParams(search);
  const theme = query.get('theme') ?? 'auto';
  return {
    key: query.get('key') ?? '',
    host: query.get('host') ?? '',
    theme: THEMES.includes(theme) ? (theme as Theme) : 'auto',
    dir: query.get('dir') === 'rtl' ? 'rtl' : 'ltr',
  };
}
