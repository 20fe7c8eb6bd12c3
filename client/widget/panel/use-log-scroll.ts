import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

/** So near counts as being there, in pixels. */
const END_PX = 48;
const TOP_PX = 240;

interface LogScroll {
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
}

/**
 * Keeps the reader's place: at the end it follows, elsewhere nothing moves, also not when older messages come in above.
 * `firstKey` and `ownKey` name the oldest line and the newest own one; an own line always brings the end into view.
 */
export function useLogScroll(
  log: RefObject<HTMLElement | null>,
  firstKey: string,
  ownKey: string,
  onNearTop: () => void,
): LogScroll {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const place = useRef({ isAtEnd: true, firstKey, ownKey, height: 0 });

  const toEnd = useCallback(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [log]);

  const onScroll = useCallback(() => {
    const element = log.current;
    if (!element) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    place.current.isAtEnd = left < END_PX;
    setIsAtEnd(place.current.isAtEnd);
    if (element.scrollTop < TOP_PX) onNearTop();
  }, [log, onNearTop]);

  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    const before = place.current;
    if (before.isAtEnd || before.ownKey !== ownKey) toEnd();
    else if (before.firstKey !== firstKey)
      element.scrollTop += element.scrollHeight - before.height;
    Object.assign(before, { firstKey, ownKey, height: element.scrollHeight });
  });

  useLayoutEffect(() => {
    const element = log.current;
    if (!element || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => {
      if (place.current.isAtEnd) toEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [log, toEnd]);

  return { isAtEnd, onScroll, toEnd };
}
