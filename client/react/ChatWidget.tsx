import { useEffect, useRef } from 'react';
import type { BootOptions } from '../widget/commands';
import { loadWidget } from './load-widget';

export interface ChatWidgetProps extends Omit<BootOptions, 'key' | 'url'> {
  /** The business's public widget key. */
  readonly widgetKey: string;
  /** Origin of the chat service. */
  readonly url: string;
}

/** The launcher and panel of the script tag, for as long as it is mounted. Draws nothing of its own. */
export function ChatWidget({ widgetKey, url, token, theme, color }: ChatWidgetProps) {
  const latestToken = useRef(token);
  latestToken.current = token;
  // A provider may be a new function in every render without a new launcher.
  const tokenKey = typeof token === 'function' ? 'provider' : token;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `tokenKey` stands for the token
  useEffect(() => {
    const current = latestToken.current;
    loadWidget(url)('boot', {
      key: widgetKey,
      ...(url ? { url } : {}),
      ...(current
        ? { token: typeof current === 'function' ? () => ask(latestToken.current) : current }
        : {}),
      ...(theme ? { theme } : {}),
      ...(color ? { color } : {}),
    });
    return () => window.ServiHubChat?.('shutdown');
  }, [widgetKey, url, tokenKey, theme, color]);
  return null;
}

async function ask(token: BootOptions['token']): Promise<string> {
  return typeof token === 'function' ? token() : (token ?? '');
}
