import { LAUNCHER_STRINGS } from './strings';

export interface LauncherButton {
  readonly element: HTMLButtonElement;
  update(isOpen: boolean, unread: number): void;
}

const LINES = 'M7.5 11.5h15M7.5 18.5h9';
const CHEVRON = 'm9 12.5 6 6 6-6';

export function createLauncherButton(page: Document, onClick: () => void): LauncherButton {
  const element = page.createElement('button');
  const badge = page.createElement('b');
  element.type = 'button';
  element.append(drawing(page, LINES), drawing(page, CHEVRON), badge);
  element.addEventListener('click', onClick);
  return {
    element,
    update(isOpen, unread) {
      const shown = isOpen ? 0 : unread;
      badge.textContent = shown === 0 ? '' : shown > 99 ? '99+' : String(shown);
      element.setAttribute('aria-expanded', String(isOpen));
      element.setAttribute(
        'aria-label',
        isOpen ? LAUNCHER_STRINGS.close : LAUNCHER_STRINGS.open(unread),
      );
    },
  };
}

/** Made node by node: pages that require Trusted Types refuse markup in strings. */
function drawing(page: Document, d: string): SVGSVGElement {
  const svg = page.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = page.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 30 30');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', d);
  svg.append(path);
  return svg;
}
