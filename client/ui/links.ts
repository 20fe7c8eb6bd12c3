/** `at` is where the part begins in the whole text. */
export type TextPart =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'link'; readonly at: number; readonly text: string; readonly href: string };

const CANDIDATE = /\b(?:https?:\/\/|mailto:|www\.)[^\s<>"'`]+/giu;
const SAFE_PROTOCOLS = new Set(['http:', 'https:', 'mailto:']);
/** Punctuation that ends a sentence rather than an address. */
const TRAILING = /[.,:;!?…'"’”»]+$/u;

/** Cuts plain text into text and links. Only http, https and mailto ever become a link; nothing is read as HTML. */
export function splitLinks(body: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of body.matchAll(CANDIDATE)) {
    const text = withoutTrailing(match[0]);
    const href = safeHref(text);
    if (href === null) continue;
    pushText(parts, end, body.slice(end, match.index));
    parts.push({ kind: 'link', at: match.index, text, href });
    end = match.index + text.length;
  }
  pushText(parts, end, body.slice(end));
  return parts;
}

export function safeHref(address: string): string | null {
  const absolute = /^www\./i.test(address) ? `https://${address}` : address;
  if (!URL.canParse(absolute)) return null;
  const url = new URL(absolute);
  return SAFE_PROTOCOLS.has(url.protocol) ? url.href : null;
}

function withoutTrailing(candidate: string): string {
  const text = candidate.replace(TRAILING, '');
  return text.endsWith(')') && !text.includes('(') ? withoutTrailing(text.slice(0, -1)) : text;
}

function pushText(parts: TextPart[], at: number, text: string): void {
  if (text !== '') parts.push({ kind: 'text', at, text });
}
