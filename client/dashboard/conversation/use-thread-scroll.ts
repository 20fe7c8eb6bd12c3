import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

const NEAR_LATEST_PX = 48;
const NEAR_OLDEST_PX = 600;

interface Anchor {
  readonly element: Element;
  readonly top: number;
}

export interface ThreadScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly isAtLatest: boolean;
  onScroll(): void;
  toLatest(): void;
}

/**
 * The scroller is a reversed column, so the browser itself keeps the newest message in place when the view shrinks and
 * when older ones are put in above. What comes in below a reader who has scrolled up is made good by an anchor,
 * because not every browser has scroll anchoring.
 */
export function useThreadScroll(onNearOldest: () => void): ThreadScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const [isAtLatest, setAtLatest] = useState(true);

  const look = useCallback(() => {
    const view = scroller.current;
    if (view === null) return;
    const fromLatest = Math.abs(view.scrollTop);
    const isLatest = fromLatest < NEAR_LATEST_PX;
    anchor.current = isLatest ? null : anchorOf(view);
    setAtLatest(isLatest);
    if (view.scrollHeight - view.clientHeight - fromLatest < NEAR_OLDEST_PX) onNearOldest();
  }, [onNearOldest]);

  useLayoutEffect(() => {
    if (scroller.current !== null) hold(scroller.current, anchor.current);
  });
  useEffect(look);

  const toLatest = useCallback(() => scroller.current?.scrollTo({ top: 0 }), []);
  return { scroller, isAtLatest, onScroll: look, toLatest };
}

/** The first message that reaches into the view; days and lines between would move when older ones come. */
function anchorOf(view: HTMLElement): Anchor | null {
  const edge = view.getBoundingClientRect().top;
  for (const element of view.querySelectorAll('[data-anchor]')) {
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom > edge) return { element, top };
  }
  return null;
}

function hold(view: HTMLElement, anchor: Anchor | null): void {
  if (anchor === null || !anchor.element.isConnected) return;
  const moved = anchor.element.getBoundingClientRect().top - anchor.top;
  if (moved !== 0) view.scrollTop += moved;
}
