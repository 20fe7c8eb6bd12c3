import { describe, expect, test } from '@jest/globals';
import { safeHref, splitLinks } from '../../../client/ui/links';

const links = (body: string) =>
  splitLinks(body).flatMap((part) => (part.kind === 'link' ? part.href : []));
const joined = (body: string) =>
  splitLinks(body)
    .map((part) => part.text)
    .join('');

describe('links in plain text', () => {
  test.each([
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox',
    'file:///etc/passwd',
    'intent://x#Intent;end',
  ])('%s never becomes a link', (body) => {
    expect(links(body)).toEqual([]);
    expect(safeHref(body)).toBeNull();
  });

  test('http, https and mailto do', () => {
    const body = 'See http://a.example, https://b.example/x?y=1#z or mailto:hello@c.example';
    expect(links(body)).toEqual([
      'http://a.example/',
      'https://b.example/x?y=1#z',
      'mailto:hello@c.example',
    ]);
  });

  test('an address that begins with www is taken as https', () => {
    expect(links('www.example.com')).toEqual(['https://www.example.com/']);
  });

  test.each([
    ['Look (https://a.example/path).', 'https://a.example/path'],
    ['https://a.example/wiki/Bowl_(clay)', 'https://a.example/wiki/Bowl_(clay)'],
    ['Really https://a.example/now!?', 'https://a.example/now'],
    ['"https://a.example/q"', 'https://a.example/q'],
  ])('punctuation around the address in %s stays outside', (body, href) => {
    expect(links(body)).toEqual([href]);
  });

  test('no character of the text is lost or changed', () => {
    const body =
      'a <b>bold</b> &amp; https://x.example/<i> www.y.example, mailto:z@z.example\n\nend';
    expect(joined(body)).toBe(body);
  });
});
