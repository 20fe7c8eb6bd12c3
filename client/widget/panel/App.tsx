import { useEffect, useRef, useState } from 'react';
import { useStore } from '../../react/use-store';
import type { Store } from '../../sdk';
import { Home } from './Home';
import { HomeWaiting } from './HomeWaiting';
import type { Panel } from './panel';
import { ThreadView } from './ThreadView';
import { useIsInFront, useOwnStatus } from './use-attention';

interface AppProps {
  readonly panel: Panel;
  readonly shown: Store<boolean>;
  readonly onClose: () => void;
}

export function App({ panel, shown, onClose }: AppProps) {
  const state = useStore(panel);
  const isShown = useStore(shown);
  const hasAttention = useIsInFront() && isShown;
  // One draft for both composers: it survives every change of view.
  const [text, setText] = useState('');
  const input = useRef<HTMLTextAreaElement | null>(null);
  const { view, config, chat } = state;
  const isReady = config !== null;
  useOwnStatus(chat, hasAttention);
  useEscape(onClose);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another view has another field
  useEffect(() => {
    if (hasAttention && isReady) input.current?.focus({ preventScroll: true });
  }, [hasAttention, isReady, view]);

  if (config === null) {
    const retry = () => void panel.start();
    return <HomeWaiting hasFailed={state.configFailed} onRetry={retry} onClose={onClose} />;
  }
  const shared = { config, text, inputRef: input, onChange: setText, onClose };
  if (view === 'thread')
    return <ThreadView {...shared} {...{ panel, state, isShown, hasAttention }} />;
  const ask = (body: string) => {
    setText('');
    void panel.ask(body);
  };
  return <Home {...shared} chat={chat} onAsk={ask} onOpen={panel.showThread} />;
}

function useEscape(onEscape: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.isComposing) onEscape();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onEscape]);
}
