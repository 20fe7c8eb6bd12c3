import { text } from '../catalogue';
import { Notice } from '../Notice';

export function NothingOpen() {
  const { pick, pickHint, pickKeys } = text.conversation;
  return (
    <Notice title={pick} hint={pickHint} picture={<Bubbles />}>
      <p className="notice-keys">
        <span>
          <kbd>J</kbd> {pickKeys.next}
        </span>
        <span>
          <kbd>↵</kbd> {pickKeys.open}
        </span>
        <span>
          <kbd>?</kbd> {pickKeys.all}
        </span>
      </p>
    </Notice>
  );
}

function Bubbles() {
  return (
    <svg className="drawing" viewBox="0 0 128 92" width="128" height="92" aria-hidden="true">
      <path
        className="drawing-brand"
        d="M44 0h68a14 14 0 0 1 14 14v22a4 4 0 0 1-4 4H44a14 14 0 0 1-14-14V14A14 14 0 0 1 44 0Z"
      />
      <path className="drawing-line" d="M44 14h66M44 26h42" />
      <path
        className="drawing-grey"
        d="M16 50h62a14 14 0 0 1 14 14v10a14 14 0 0 1-14 14H6a4 4 0 0 1-4-4V64a14 14 0 0 1 14-14Z"
      />
      <path className="drawing-dim" d="M16 63h58M16 75h36" />
    </svg>
  );
}
