import { contrast, mix, parseHex, type Rgb, toHex, toLch, withLightness } from './colour';

export type Scheme = 'light' | 'dark';

/** Values of the brand's custom properties, as `tokens.css` describes them. */
export interface BrandTokens {
  readonly '--sh-brand': string;
  readonly '--sh-brand-hover': string;
  readonly '--sh-on-brand': string;
  readonly '--sh-on-brand-2': string;
  readonly '--sh-brand-soft': string;
  readonly '--sh-brand-soft-2': string;
  readonly '--sh-brand-text': string;
  readonly '--sh-brand-line': string;
  /** A hairline around fills that would melt into the surface; transparent for every other brand. */
  readonly '--sh-brand-edge': string;
}

const WHITE: Rgb = [1, 1, 1];
const BLACK: Rgb = [0, 0, 0];
const INK: Rgb = [20 / 255, 18 / 255, 15 / 255];

const GROUND = {
  light: { surface: WHITE, soft: 0.11, soft2: 0.19, line: 0.33, towards: -0.02 },
  dark: {
    surface: [26 / 255, 25 / 255, 24 / 255] as Rgb,
    soft: 0.2,
    soft2: 0.3,
    line: 0.42,
    towards: 0.02,
  },
} as const;

const TEXT_CONTRAST = 4.5;
const EDGE_CONTRAST = 3;

/** Any colour of a business is accepted and made legible; null when it is not a hex colour. */
export function brandTokens(colour: string, scheme: Scheme): BrandTokens | null {
  const given = parseHex(colour);
  if (given === null) return null;
  const ground = GROUND[scheme];
  const brand = scheme === 'dark' ? visibleOn(given, ground.surface) : given;
  const onBrand = onColour(brand);
  const soft = mix(brand, ground.surface, ground.soft);
  return {
    '--sh-brand': toHex(brand),
    '--sh-brand-hover': toHex(hover(brand, onBrand)),
    '--sh-on-brand': toHex(onBrand),
    '--sh-on-brand-2': translucent(onBrand),
    '--sh-brand-soft': toHex(soft),
    '--sh-brand-soft-2': toHex(mix(brand, ground.surface, ground.soft2)),
    '--sh-brand-text': toHex(asText(brand, [ground.surface, soft], ground.towards)),
    '--sh-brand-line': toHex(mix(brand, ground.surface, ground.line)),
    '--sh-brand-edge':
      contrast(brand, ground.surface) < 1.5 ? 'var(--sh-line-strong)' : 'transparent',
  };
}

/** White where it reads, else ink, else black: one of them always passes 4.5. */
export function onColour(brand: Rgb): Rgb {
  return [WHITE, INK].find((ink) => contrast(brand, ink) >= TEXT_CONTRAST) ?? BLACK;
}

/** Sets them without a style attribute, which a strict CSP forbids in markup. */
export function applyBrand(element: HTMLElement, tokens: BrandTokens): void {
  for (const [name, value] of Object.entries(tokens)) element.style.setProperty(name, value);
}

function visibleOn(brand: Rgb, surface: Rgb): Rgb {
  return stepped(brand, 0.01, (candidate) => contrast(candidate, surface) >= EDGE_CONTRAST);
}

function asText(brand: Rgb, grounds: readonly Rgb[], step: number): Rgb {
  return stepped(brand, step, (candidate) =>
    grounds.every((ground) => contrast(candidate, ground) >= TEXT_CONTRAST),
  );
}

function hover(brand: Rgb, onBrand: Rgb): Rgb {
  const away = onBrand === WHITE ? -0.05 : 0.05;
  return withLightness(brand, Math.min(1, Math.max(0, toLch(brand).lightness + away)));
}

function stepped(colour: Rgb, step: number, isEnough: (candidate: Rgb) => boolean): Rgb {
  const start = toLch(colour).lightness;
  let candidate = colour;
  for (let moved = step; !isEnough(candidate); moved += step) {
    const lightness = start + moved;
    if (lightness <= 0 || lightness >= 1) return step < 0 ? BLACK : WHITE;
    candidate = withLightness(colour, lightness);
  }
  return candidate;
}

function translucent(rgb: Rgb): string {
  return `rgb(${rgb.map((part) => Math.round(part * 255)).join(' ')} / 0.82)`;
}
