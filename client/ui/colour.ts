/** Colour arithmetic: sRGB in 0..1, OKLab and OKLCH after Björn Ottosson, contrast after WCAG 2. */
export type Rgb = readonly [red: number, green: number, blue: number];
type Lab = readonly [lightness: number, a: number, b: number];
export interface Lch {
  readonly lightness: number;
  readonly chroma: number;
  readonly hue: number;
}

export function parseHex(hex: string): Rgb | null {
  const match = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(hex.trim());
  if (!match?.[1]) return null;
  const digits = match[1].length === 3 ? match[1].replace(/./g, '$&$&') : match[1];
  const value = Number.parseInt(digits, 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

export function toHex(rgb: Rgb): string {
  const two = (part: number) =>
    Math.round(Math.min(1, Math.max(0, part)) * 255)
      .toString(16)
      .padStart(2, '0');
  return `#${rgb.map(two).join('')}`;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (lighter + 0.05) / (darker + 0.05);
}

/** `share` of `colour` in `ground`. */
export function mix(colour: Rgb, ground: Rgb, share: number): Rgb {
  const [from, to] = [toLab(ground), toLab(colour)];
  const at = (index: 0 | 1 | 2) => from[index] + (to[index] - from[index]) * share;
  return clip(fromLab([at(0), at(1), at(2)]));
}

/** Moves lightness and keeps the hue; chroma gives way until the result exists in sRGB. */
export function withLightness(rgb: Rgb, lightness: number): Rgb {
  const { chroma, hue } = toLch(rgb);
  for (let share = 1; share > 0; share -= 0.04) {
    const candidate = fromLch({ lightness, chroma: chroma * share, hue });
    if (isDisplayable(candidate)) return clip(candidate);
  }
  return clip(fromLch({ lightness, chroma: 0, hue }));
}

export function toLch(rgb: Rgb): Lch {
  const [lightness, a, b] = toLab(rgb);
  return { lightness, chroma: Math.hypot(a, b), hue: Math.atan2(b, a) };
}

function fromLch({ lightness, chroma, hue }: Lch): Rgb {
  return fromLab([lightness, chroma * Math.cos(hue), chroma * Math.sin(hue)]);
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = linear(rgb);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(rgb: Rgb): Rgb {
  const part = (value: number) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  return [part(rgb[0]), part(rgb[1]), part(rgb[2])];
}

function gamma(rgb: Rgb): Rgb {
  const part = (value: number) =>
    value <= 0.0031308 ? value * 12.92 : 1.055 * Math.max(0, value) ** (1 / 2.4) - 0.055;
  return [part(rgb[0]), part(rgb[1]), part(rgb[2])];
}

function toLab(rgb: Rgb): Lab {
  const [red, green, blue] = linear(rgb);
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  ];
}

function fromLab([lightness, a, b]: Lab): Rgb {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return gamma([
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ]);
}

function isDisplayable(rgb: Rgb): boolean {
  return rgb.every((part) => part >= -0.0005 && part <= 1.0005);
}

/** To the eight bits that a screen shows, so that contrast is judged on the real colour. */
function clip(rgb: Rgb): Rgb {
  const part = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 255) / 255;
  return [part(rgb[0]), part(rgb[1]), part(rgb[2])];
}
