import { CloseButton } from './PanelHeader';
import { STRINGS } from './strings';

interface HomeWaitingProps {
  readonly hasFailed: boolean;
  readonly onRetry: () => void;
  readonly onClose: () => void;
}

/** The shape of home before the business is known, or the reason why it is not. */
export function HomeWaiting({ hasFailed, onRetry, onClose }: HomeWaitingProps) {
  return (
    <main className="w-home w-home-new w-home-waiting" aria-busy={!hasFailed}>
      <div className="w-welcome">
        <header className="w-top">
          <span className="w-grow" />
          <CloseButton onClose={onClose} />
        </header>
        {hasFailed ? <Failure onRetry={onRetry} /> : <Skeleton />}
      </div>
    </main>
  );
}

function Failure({ onRetry }: { onRetry: () => void }) {
  return (
    <div className="w-failure" role="alert">
      <h1>{STRINGS.noConfig.title}</h1>
      <p>{STRINGS.noConfig.detail}</p>
      <button type="button" className="w-button" onClick={onRetry}>
        {STRINGS.noConfig.action}
      </button>
    </div>
  );
}

function Skeleton() {
  return (
    <div className="w-skeleton" aria-hidden="true">
      <i />
      <i />
      <i />
    </div>
  );
}
