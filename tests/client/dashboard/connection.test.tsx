/** @jest-environment ./tests/client/dashboard/browser-environment.cjs */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { act, screen } from '@testing-library/react';
import { text } from '../../../client/dashboard/catalogue';
import { renderApp } from './render-app';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});
const pass = (ms: number) => act(() => jest.advanceTimersByTime(ms));

describe('the connection', () => {
  test('a blink of the network is not worth a word', () => {
    const { fake, server } = renderApp();
    server(() => fake.connection.change({ state: 'waiting' }));
    pass(1_900);
    server(() => fake.connection.change({ state: 'online' }));
    pass(5_000);
    expect(screen.queryByText(text.connection.waiting)).toBeNull();
    expect(screen.queryByText(text.connection.back)).toBeNull();
  });

  test('after two seconds a banner says that writing is safe, and goes when it is back', () => {
    const { fake, server } = renderApp();
    server(() => fake.connection.change({ state: 'waiting' }));
    pass(1_000);
    server(() => fake.connection.change({ state: 'connecting' }));
    pass(1_000);
    expect(screen.getByRole('status').textContent).toBe(
      `${text.connection.waiting} ${text.connection.kept}`,
    );
    server(() => fake.connection.change({ state: 'online' }));
    expect(screen.getByRole('status').textContent).toContain(text.connection.back);
    pass(1_500);
    expect(screen.queryByRole('status')).toBeNull();
  });

  test('one that will not come back by itself offers to reload', () => {
    const { fake, server } = renderApp();
    server(() => fake.connection.change({ state: 'closed', reason: 'too_many_connections' }));
    expect(screen.getByText(text.connection.stopped)).toBeTruthy();
    expect(screen.getByRole('button', { name: text.connection.reload })).toBeTruthy();
  });

  test('the chat connects with the session and is destroyed with it', () => {
    const { fake, unmount } = renderApp();
    expect(fake.chat.connect).toHaveBeenCalled();
    const before = jest.mocked(fake.chat.destroy).mock.calls.length;
    unmount();
    expect(jest.mocked(fake.chat.destroy).mock.calls.length).toBe(before + 1);
  });
});
