import type { InboxItem } from '@protocol/resources/inbox-item';
import { useCallback, useState } from 'react';

interface Wanted {
  readonly id: string;
  /** Counts the moves: the focus goes there once, not with every later render. */
  readonly move: number;
}

export interface RowFocus {
  /** One row takes part in the order of Tab: the last one focused, else the open one, else the first. */
  readonly isTabStop: boolean;
  /** Changes when the row is to take the focus; 0 means never asked. */
  readonly focusMove: number;
  readonly onFocus: () => void;
}

/** A roving focus by id, so that it stays with its conversation when the order changes. */
export function useRowFocus(
  items: readonly InboxItem[],
  openId: string | null,
  scrollTo: (index: number) => void,
) {
  const [focusedId, setFocusedId] = useState<string | null>(null);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const indexOf = (id: string | null) => items.findIndex((item) => item.id === id);
  const stop = [focusedId, openId].find((id) => indexOf(id) >= 0) ?? items[0]?.id;

  const moveTo = (index: number) => {
    const item = items[Math.max(0, Math.min(index, items.length - 1))];
    if (item === undefined) return;
    scrollTo(items.indexOf(item));
    setWanted((last) => ({ id: item.id, move: (last?.move ?? 0) + 1 }));
  };
  const from = indexOf(focusedId) >= 0 ? indexOf(focusedId) : indexOf(openId);
  const of = useCallback(
    (id: string): RowFocus => ({
      isTabStop: id === stop,
      focusMove: wanted?.id === id ? wanted.move : 0,
      onFocus: () => setFocusedId(id),
    }),
    [stop, wanted],
  );
  return { of, next: () => moveTo(from + 1), previous: () => moveTo(from - 1) };
}
