import { applyBrand, brandTokens, type Scheme } from '../../ui/brand';
import type { Theme } from '../protocol';

export interface PanelTheme {
  /** Takes the business's colour; answers it as fitted to the present scheme, '' when it is none. */
  setBrand(colour: string): string;
}

/** Keeps the document in the wanted scheme, in the visitor's own when that is `auto`. */
export function createTheme(page: Window, theme: Theme): PanelTheme {
  const root = page.document.documentElement;
  const isDark = page.matchMedia('(prefers-color-scheme: dark)');
  let brand = '';
  const scheme = (): Scheme => (theme === 'auto' ? (isDark.matches ? 'dark' : 'light') : theme);
  const paint = () => {
    root.dataset.theme = scheme();
    const tokens = brandTokens(brand, scheme());
    if (tokens) applyBrand(root, tokens);
    return tokens?.['--sh-brand'] ?? '';
  };
  isDark.addEventListener('change', paint);
  paint();
  return {
    setBrand(colour) {
      brand = colour;
      return paint();
    },
  };
}
