import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyBrand, type BrandTokens, brandTokens, type Scheme } from '../../../client/ui/brand';
import { contrast, parseHex, type Rgb } from '../../../client/ui/colour';

const SURFACES = { light: '#ffffff', dark: '#1a1918' } as const;

function rgb(hex: string): Rgb {
  const parsed = parseHex(hex);
  if (parsed === null) throw new Error(`${hex} is no colour`);
  return parsed;
}

function tokensOf(colour: string, scheme: Scheme): BrandTokens {
  const tokens = brandTokens(colour, scheme);
  if (tokens === null) throw new Error(`${colour} is no colour`);
  return tokens;
}

const between = (one: string, other: string) => contrast(rgb(one), rgb(other));
const anyColour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((n) => `#${n.toString(16).padStart(6, '0')}`);
const anyScheme = fc.constantFrom<Scheme>('light', 'dark');

describe('the colours of a brand', () => {
  test('what is not a hex colour gives none', () => {
    for (const colour of ['', 'red', '#12', '#1234567', 'url(x)']) {
      expect(brandTokens(colour, 'light')).toBeNull();
    }
  });

  test('text on every brand reads at 4.5 or better', () => {
    fc.assert(
      fc.property(anyColour, anyScheme, (colour, scheme) => {
        const tokens = tokensOf(colour, scheme);
        return between(tokens['--sh-brand'], tokens['--sh-on-brand']) >= 4.5;
      }),
    );
  });

  test('the brand as text reads at 4.5 or better on the surface and on its own tint', () => {
    fc.assert(
      fc.property(anyColour, anyScheme, (colour, scheme) => {
        const tokens = tokensOf(colour, scheme);
        const grounds = [SURFACES[scheme], tokens['--sh-brand-soft']];
        return grounds.every((ground) => between(tokens['--sh-brand-text'], ground) >= 4.5);
      }),
    );
  });

  test('every brand stands out from the dark surface at 3 or better', () => {
    fc.assert(
      fc.property(anyColour, (colour) => {
        return between(tokensOf(colour, 'dark')['--sh-brand'], SURFACES.dark) >= 3;
      }),
    );
  });

  test('ordinary text reads on the tint', () => {
    fc.assert(
      fc.property(anyColour, anyScheme, (colour, scheme) => {
        const text = scheme === 'light' ? '#1c1b1a' : '#f0eeeb';
        return between(text, tokensOf(colour, scheme)['--sh-brand-soft']) >= 4.5;
      }),
    );
  });

  test('a dark brand gets white, a bright one ink', () => {
    expect(tokensOf('#0b6b74', 'light')['--sh-on-brand']).toBe('#ffffff');
    expect(tokensOf('#a64a20', 'light')['--sh-on-brand']).toBe('#ffffff');
    expect(tokensOf('#ffd400', 'light')['--sh-on-brand']).toBe('#14120f');
  });

  test('light mode keeps the colour as it was given', () => {
    expect(tokensOf('#A64A20', 'light')['--sh-brand']).toBe('#a64a20');
    expect(tokensOf('fff', 'light')['--sh-brand']).toBe('#ffffff');
  });

  test('only a brand that would melt into the surface gets an edge', () => {
    expect(tokensOf('#ffffff', 'light')['--sh-brand-edge']).toBe('var(--sh-line-strong)');
    expect(tokensOf('#a64a20', 'light')['--sh-brand-edge']).toBe('transparent');
  });

  test('the values are set on an element without a style attribute in markup', () => {
    const element = document.createElement('div');
    applyBrand(element, tokensOf('#a64a20', 'light'));
    expect(element.style.getPropertyValue('--sh-brand')).toBe('#a64a20');
  });
});
