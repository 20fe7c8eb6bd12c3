export interface Groupable {
  readonly senderId: string;
  readonly createdAt: string;
  readonly kind: 'text' | 'system';
}

/** A conversation as it is read: days, system lines, and runs of one speaker. */
export type Entry<T> =
  | { readonly kind: 'day'; readonly day: string; readonly at: string }
  | { readonly kind: 'system'; readonly item: T }
  | { readonly kind: 'run'; readonly senderId: string; readonly items: readonly [T, ...T[]] };

/** A longer silence begins a new run, so that its time shows. */
const RUN_GAP_MS = 5 * 60_000;

/** Pure; items come in order of time. `dayOf` names the day in the reader's zone. */
export function groupMessages<T extends Groupable>(
  items: readonly T[],
  dayOf: (at: string) => string = localDay,
): Entry<T>[] {
  const entries: Entry<T>[] = [];
  let day = '';
  let previous: T | undefined;
  for (const item of items) {
    const itsDay = dayOf(item.createdAt);
    if (itsDay !== day) entries.push({ kind: 'day', day: itsDay, at: item.createdAt });
    const last = entries.at(-1);
    const joins = itsDay === day && previous !== undefined && isSoonAfter(previous, item);
    if (item.kind === 'system') entries.push({ kind: 'system', item });
    else if (joins && last?.kind === 'run' && last.senderId === item.senderId)
      entries[entries.length - 1] = { ...last, items: [...last.items, item] };
    else entries.push({ kind: 'run', senderId: item.senderId, items: [item] });
    day = itsDay;
    previous = item;
  }
  return entries;
}

export function localDay(at: string): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function isSoonAfter(previous: Groupable, next: Groupable): boolean {
  return Date.parse(next.createdAt) - Date.parse(previous.createdAt) <= RUN_GAP_MS;
}
