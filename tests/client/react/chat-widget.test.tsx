import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { cleanup, render } from '@testing-library/react';
import { StrictMode } from 'react';
import { ChatWidget } from '../../../client/react';
import type { BootOptions, ServiHubChat } from '../../../client/widget/commands';

const URL = 'https://chat.example';

afterEach(() => {
  cleanup();
  delete window.ServiHubChat;
  document.head.replaceChildren();
});

const scripts = () => document.head.querySelectorAll('script');
const queued = () => Array.from(window.ServiHubChat?.q ?? [], (call) => Array.from(call));

function loaded() {
  const run = jest.fn() as jest.Mock & ServiHubChat;
  run.isLoaded = true;
  window.ServiHubChat = run;
  return run;
}

describe('<ChatWidget/>', () => {
  test('adds the loader once, however many are mounted', () => {
    render(
      <>
        <ChatWidget widgetKey="savanna" url={URL} />
        <ChatWidget widgetKey="savanna" url={URL} />
      </>,
    );
    expect(Array.from(scripts(), (one) => [one.src, one.async])).toEqual([
      [`${URL}/widget/loader.js`, true],
    ]);
  });

  test('boots with what it is given', () => {
    render(<ChatWidget widgetKey="savanna" url={URL} theme="dark" color="#a64a20" token="jwt" />);
    const options = { key: 'savanna', url: URL, theme: 'dark', color: '#a64a20', token: 'jwt' };
    expect(queued()).toEqual([['boot', options]]);
  });

  test('uses a loader that is there already', () => {
    const run = loaded();
    render(<ChatWidget widgetKey="savanna" url={URL} />);
    expect(scripts()).toHaveLength(0);
    expect(run).toHaveBeenCalledWith('boot', { key: 'savanna', url: URL });
  });

  test('in StrictMode ends with one launcher, and with none when it unmounts', () => {
    const { unmount } = render(<ChatWidget widgetKey="savanna" url={URL} />, {
      wrapper: StrictMode,
    });
    expect(queued().map(([name]) => name)).toEqual(['boot', 'shutdown', 'boot']);
    unmount();
    expect(queued().at(-1)).toEqual(['shutdown']);
  });

  test('asks the newest provider for a token without a new launcher per render', async () => {
    const run = loaded();
    const { rerender } = render(
      <ChatWidget widgetKey="savanna" url={URL} token={async () => 'old'} />,
    );
    rerender(<ChatWidget widgetKey="savanna" url={URL} token={async () => 'new'} />);
    expect(run).toHaveBeenCalledTimes(1);
    const [, options] = run.mock.calls[0] as ['boot', BootOptions];
    expect(await (options.token as () => Promise<string>)()).toBe('new');
  });
});
