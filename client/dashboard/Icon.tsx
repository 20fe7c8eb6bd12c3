const PATHS = {
  alert: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 6.4v4.2M10 13.4v.1',
  back: 'M12.2 5.4 7.6 10l4.6 4.6',
  check: 'm4.2 10.6 3.7 3.7 8-8.6',
  checks: 'm1.8 10.8 3.4 3.4 7.2-8.2M9.6 13.4l.9.8 7.4-8.2',
  close: 'm5.6 5.6 8.8 8.8M14.4 5.6l-8.8 8.8',
  copy: 'M8.6 6.8h6.2a1.4 1.4 0 0 1 1.4 1.4v7a1.4 1.4 0 0 1-1.4 1.4H8.6a1.4 1.4 0 0 1-1.4-1.4v-7a1.4 1.4 0 0 1 1.4-1.4ZM12.8 6.6V4.8a1.4 1.4 0 0 0-1.4-1.4H5.2a1.4 1.4 0 0 0-1.4 1.4v7A1.4 1.4 0 0 0 5.2 13.2H7',
  down: 'm5.4 7.8 4.6 4.6 4.6-4.6',
  edit: 'm4 16 .7-3.4 8.5-8.5a1.6 1.6 0 0 1 2.3 0l.4.4a1.6 1.6 0 0 1 0 2.3l-8.5 8.5L4 16ZM11.8 5.6l2.6 2.6',
  help: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM7.9 8.1c.1-1.3 1-2 2.2-2s2.1.7 2.1 1.8c0 1.6-2.1 1.7-2.1 3.3M10.1 13.7v.1',
  inbox:
    'M3.2 11.2 5 4.8h10l1.8 6.4v3.6a1.4 1.4 0 0 1-1.4 1.4H4.6a1.4 1.4 0 0 1-1.4-1.4v-3.6ZM3.4 11.2h3.8l1 2h3.6l1-2h3.8',
  moon: 'M16 11.8A6.6 6.6 0 0 1 8.2 4a6.6 6.6 0 1 0 7.8 7.8Z',
  more: 'M4.6 10h.01M10 10h.01M15.4 10h.01',
  retry: 'M15.9 8.3A6.3 6.3 0 0 0 4.3 7.6M4 3.8v4h4M4.1 11.7a6.3 6.3 0 0 0 11.6.7M16 16.2v-4h-4',
  shop: 'M3.6 8.2 5 4.2h10l1.4 4M4.6 9.4v6.4h10.8V9.4M3.6 8.2a2.1 2.1 0 0 0 4.2 0 2.1 2.1 0 0 0 4.3 0 2.1 2.1 0 0 0 4.3 0M8.2 15.6v-3.2h3.6v3.2',
  signOut:
    'M12.2 6V4.8a1.4 1.4 0 0 0-1.4-1.4H5.2a1.4 1.4 0 0 0-1.4 1.4v10.4a1.4 1.4 0 0 0 1.4 1.4h5.6a1.4 1.4 0 0 0 1.4-1.4V14M8.4 10h8.2M14 7.4l2.6 2.6-2.6 2.6',
  sun: 'M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4ZM10 2.6v1.6M10 15.8v1.6M17.4 10h-1.6M4.2 10H2.6M15.2 4.8l-1.1 1.1M5.9 14.1l-1.1 1.1M15.2 15.2l-1.1-1.1M5.9 5.9 4.8 4.8',
  system:
    'M4.4 4.4h11.2A1.4 1.4 0 0 1 17 5.8v6.4a1.4 1.4 0 0 1-1.4 1.4H4.4A1.4 1.4 0 0 1 3 12.2V5.8a1.4 1.4 0 0 1 1.4-1.4ZM10 13.8v2.6M7 16.6h6',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 6v4.2l2.7 1.7',
  trash:
    'M4 5.8h12M8 5.6V4.4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.2M5.4 6l.7 9.2a1.4 1.4 0 0 0 1.4 1.3h5a1.4 1.4 0 0 0 1.4-1.3l.7-9.2',
} as const;

export type IconName = keyof typeof PATHS;

/** Arrows follow the reading direction, all else stays as drawn. */
const MIRRORED: ReadonlySet<IconName> = new Set(['back', 'signOut']);

/** Glyphs of one weight on a 20 px grid; they stand beside a word or in a named control. */
export function Icon({ name, size = 20 }: { name: IconName; size?: 14 | 16 | 20 }) {
  const mirrored = MIRRORED.has(name) ? ' sh-icon-mirrored' : '';
  const heavy = name === 'more' ? ' icon-heavy' : '';
  return (
    <svg
      className={`sh-icon sh-icon-${size}${mirrored}${heavy}`}
      viewBox="0 0 20 20"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
