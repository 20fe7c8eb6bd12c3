const PHONE = '(max-width: 480px)';

/**
 * On a phone the open panel is the screen: the page behind does not scroll, and the panel keeps to the part that the
 * on-screen keyboard leaves free. Returns what undoes it.
 */
export function takeScreen(page: Window, host: HTMLElement): () => void {
  if (!page.matchMedia(PHONE).matches) return () => {};
  const root = page.document.documentElement;
  const before = root.style.overflow;
  root.style.overflow = 'hidden';
  const view = page.visualViewport;
  const fit = () => {
    host.style.setProperty('--top', `${view?.offsetTop ?? 0}px`);
    host.style.setProperty('--height', `${view?.height ?? page.innerHeight}px`);
  };
  fit();
  view?.addEventListener('resize', fit);
  view?.addEventListener('scroll', fit);
  return () => {
    root.style.overflow = before;
    view?.removeEventListener('resize', fit);
    view?.removeEventListener('scroll', fit);
  };
}
