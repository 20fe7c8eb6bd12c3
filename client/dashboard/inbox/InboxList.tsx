import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useShortcuts } from '../shell/use-shortcuts';
import { InboxRow } from './InboxRow';
import { SkeletonRow } from './InboxSkeleton';
import { useRowFocus } from './use-row-focus';
import type { InboxView } from './use-segment';

const ROW_PX = 60;
const OVERSCAN = 8;

interface InboxListProps {
  readonly view: InboxView;
  readonly openId: string | null;
}

/** Draws only the rows in sight. J, K and the arrows move the focus, Enter follows the link. */
export function InboxList({ view, openId }: InboxListProps) {
  const { items, hasMore, loadMore, error } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length + (hasMore ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => items[index]?.id ?? 'more',
    overscan: OVERSCAN,
  });
  const focus = useRowFocus(items, openId, rows.scrollToIndex);
  useShortcuts({ j: focus.next, k: focus.previous });

  const drawn = rows.getVirtualItems();
  const isEndNear = hasMore && error === null && (drawn.at(-1)?.index ?? 0) >= items.length;
  useEffect(() => {
    if (isEndNear) void loadMore();
  }, [isEndNear, loadMore]);

  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: focus.next, ArrowUp: focus.previous }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  return (
    <div className="rows" ref={scroller}>
      <ul className="rows-space" style={{ height: rows.getTotalSize() }} onKeyDown={onKeyDown}>
        {drawn.map(({ key, index, start }) => {
          const item = items[index];
          return (
            <li
              key={key}
              className="rows-item"
              style={{ transform: `translateY(${start}px)` }}
              aria-setsize={hasMore ? -1 : items.length}
              aria-posinset={index + 1}
            >
              {item === undefined ? (
                <SkeletonRow />
              ) : (
                <InboxRow item={item} isOpen={item.id === openId} {...focus.of(item.id)} />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
