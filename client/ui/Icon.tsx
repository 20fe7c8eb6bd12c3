const PATHS = {
  alert: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 6.4v4.2M10 13.4v.1',
  check: 'm4.6 10.8 3.4 3.4 7.4-8.2',
  checks: 'm1.8 10.8 3.4 3.4 7.2-8.2M9.6 13.4l.9.8 7.4-8.2',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 6v4.2l2.7 1.7',
  down: 'm5.4 7.8 4.6 4.6 4.6-4.6',
  back: 'M12.2 5.4 7.6 10l4.6 4.6',
  forward: 'm7.8 5.4 4.6 4.6-4.6 4.6',
  offline:
    'M3 3l14 14M5.6 10.5A7 7 0 0 1 8 9.2M12.4 9.3a7 7 0 0 1 2 1.2M2.8 7.7a11 11 0 0 1 3-1.9M9 4.7a11 11 0 0 1 8.2 3M8 13.2a3.2 3.2 0 0 1 4 0M10 16h.01',
  retry: 'M15.9 8.3A6.3 6.3 0 0 0 4.3 7.6M4 3.8v4h4M4.1 11.7a6.3 6.3 0 0 0 11.6.7M16 16.2v-4h-4',
  send: 'M10 16V4.6M5.2 9.2 10 4.4l4.8 4.8',
} as const;

export type IconName = keyof typeof PATHS;

/** Arrows follow the reading direction, all else stays as drawn. */
const MIRRORED: ReadonlySet<IconName> = new Set(['back', 'forward']);

export function Icon({ name, size = 20 }: { name: IconName; size?: 14 | 16 | 20 | 28 }) {
  const mirrored = MIRRORED.has(name) ? ' sh-icon-mirrored' : '';
  return (
    <svg className={`sh-icon sh-icon-${size}${mirrored}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
