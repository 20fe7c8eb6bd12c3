import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useRef } from 'react';
import { useLogScroll } from '../../../client/widget/panel/use-log-scroll';

/** What jsdom does not lay out: a window of 400 px on a list of this height. */
let height: number;
let onNearTop: jest.Mock<() => void>;

function Log({ first, own }: { first: string; own: string }) {
  const log = useRef<HTMLDivElement | null>(null);
  const scroll = useLogScroll(log, first, own, onNearTop);
  const hold = (element: HTMLDivElement | null) => {
    log.current = element;
    if (element) {
      Object.defineProperty(element, 'scrollHeight', { get: () => height, configurable: true });
      Object.defineProperty(element, 'clientHeight', { get: () => 400, configurable: true });
    }
  };
  return (
    <>
      <div data-testid="log" ref={hold} onScroll={scroll.onScroll} />
      <button type="button" onClick={scroll.toEnd}>
        {scroll.isAtEnd ? 'at the end' : 'above'}
      </button>
    </>
  );
}

const log = () => screen.getByTestId('log');
const place = () => screen.getByRole('button').textContent;

function scrollTo(top: number): void {
  log().scrollTop = top;
  fireEvent.scroll(log());
}

beforeEach(() => {
  height = 1_000;
  onNearTop = jest.fn();
});
afterEach(cleanup);

describe('the place of the reader in the log', () => {
  test('is the end at first and stays there as messages come', () => {
    const { rerender } = render(<Log first="1" own="" />);
    expect(log().scrollTop).toBe(1_000);
    height = 1_080;
    rerender(<Log first="1" own="" />);
    expect(log().scrollTop).toBe(1_080);
  });

  test('does not move for a message that comes while they read above', () => {
    const { rerender } = render(<Log first="1" own="" />);
    scrollTo(300);
    expect(place()).toBe('above');
    height = 1_080;
    rerender(<Log first="1" own="" />);
    expect(log().scrollTop).toBe(300);
  });

  test('does not move on the screen when older messages come in above', () => {
    const { rerender } = render(<Log first="1" own="" />);
    scrollTo(300);
    height = 1_700;
    rerender(<Log first="older" own="" />);
    expect(log().scrollTop).toBe(1_000);
  });

  test('is the end again with an own message, or when asked', () => {
    const { rerender } = render(<Log first="1" own="" />);
    scrollTo(300);
    rerender(<Log first="1" own="mine" />);
    expect(log().scrollTop).toBe(1_000);
    scrollTo(300);
    act(() => screen.getByRole('button').click());
    expect(log().scrollTop).toBe(1_000);
  });

  test('near the top asks for older messages, elsewhere not', () => {
    render(<Log first="1" own="" />);
    scrollTo(500);
    expect(onNearTop).not.toHaveBeenCalled();
    scrollTo(100);
    expect(onNearTop).toHaveBeenCalledTimes(1);
  });

  test('near the end counts as being there', () => {
    render(<Log first="1" own="" />);
    scrollTo(560);
    expect(place()).toBe('at the end');
  });
});
