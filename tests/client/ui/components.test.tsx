import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { Avatar } from '../../../client/ui/Avatar';
import { Bubble, FailureRow, placeIn } from '../../../client/ui/Bubble';
import { ComposerTextarea } from '../../../client/ui/Composer';
import { ConnectionBanner } from '../../../client/ui/ConnectionBanner';
import { initials, tone } from '../../../client/ui/initials';
import { MessageRun } from '../../../client/ui/MessageRun';
import { ReceiptTicks } from '../../../client/ui/Receipt';
import { reached } from '../../../client/ui/receipts';

afterEach(cleanup);

describe('a bubble', () => {
  test('shows markup as the text that it is', () => {
    const { container } = render(<Bubble body={'<img src=x onerror="alert(1)">'} place="one" />);
    expect(container.querySelector('img')).toBeNull();
    expect(container.textContent).toBe('<img src=x onerror="alert(1)">');
  });

  test('links leave the panel without telling where they come from', () => {
    render(<Bubble body="see https://a.example" place="one" />);
    const link = screen.getByRole('link', { name: 'https://a.example' });
    expect(link.getAttribute('rel')).toContain('noopener noreferrer');
    expect(link.getAttribute('target')).toBe('_blank');
  });

  test('of a deleted message shows the word, not the body or that it was edited', () => {
    const { container } = render(
      <Bubble body="secret" place="one" deletedLabel="Message deleted" editedLabel="edited" />,
    );
    expect(container.textContent).toBe('Message deleted');
  });

  test('knows its place in a run', () => {
    expect([0].map((index) => placeIn(index, 1))).toEqual(['one']);
    expect([0, 1, 2].map((index) => placeIn(index, 3))).toEqual(['first', 'mid', 'last']);
  });
});

describe('a run of messages', () => {
  const sender = { id: 'b', name: 'Maya Lindqvist', avatar: null };
  const lines = [
    { key: '1', body: 'One' },
    { key: '2', body: 'Two' },
  ];
  const shared = { sender, lines, at: '2026-11-20T10:41:00.000Z', time: '10:41' };

  test('has one face and one time, however many messages', () => {
    const { container } = render(<MessageRun side="in" {...shared} />);
    expect(screen.getAllByRole('img', { name: 'Maya Lindqvist' })).toHaveLength(1);
    expect(container.querySelectorAll('time')).toHaveLength(1);
    expect(container.querySelectorAll('.sh-bubble')).toHaveLength(2);
  });

  test('of oneself has no face but a receipt in words', () => {
    render(
      <MessageRun side="out" {...shared} receipt={<ReceiptTicks state="seen" label="Seen" />} />,
    );
    expect(screen.queryByRole('img', { name: 'Maya Lindqvist' })).toBeNull();
    expect(screen.getByText('Seen')).toBeTruthy();
  });
});

describe('a failed message', () => {
  const words = { notSent: 'Not sent.', retry: 'Try again', discard: 'Delete' };

  test('says so and offers both ways out', () => {
    const onRetry = jest.fn();
    const onDiscard = jest.fn();
    render(<FailureRow words={words} onRetry={onRetry} onDiscard={onDiscard} />);
    expect(screen.getByRole('alert').textContent).toBe('Not sent.');
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
    expect([onRetry, onDiscard].map((one) => one.mock.calls.length)).toEqual([1, 1]);
  });

  test('that cannot be tried again only offers to go', () => {
    render(<FailureRow words={words} onDiscard={() => {}} />);
    expect(screen.getAllByRole('button')).toHaveLength(1);
  });
});

describe('the composer', () => {
  function compose(value = 'Hello') {
    const onSubmit = jest.fn();
    const onChange = jest.fn();
    render(
      <ComposerTextarea
        value={value}
        label="Write a message"
        placeholder="Write a message"
        onChange={onChange}
        onSubmit={onSubmit}
      />,
    );
    return { field: screen.getByRole('textbox'), onSubmit, onChange };
  }

  test('sends on Enter and writes no line break for it', () => {
    const { field, onSubmit } = compose();
    expect(fireEvent.keyDown(field, { key: 'Enter' })).toBe(false);
    expect(onSubmit).toHaveBeenCalledTimes(1);
  });

  test('Shift and Enter make a new line', () => {
    const { field, onSubmit } = compose();
    expect(fireEvent.keyDown(field, { key: 'Enter', shiftKey: true })).toBe(true);
    expect(onSubmit).not.toHaveBeenCalled();
  });

  test.each([{ isComposing: true }, { keyCode: 229 }])(
    'Enter that ends the word of an input method sends nothing (%j)',
    (event) => {
      const { field, onSubmit } = compose();
      fireEvent.keyDown(field, { key: 'Enter', ...event });
      expect(onSubmit).not.toHaveBeenCalled();
    },
  );

  test('tells what is typed', () => {
    const { field, onChange } = compose('');
    fireEvent.change(field, { target: { value: 'Hi' } });
    expect(onChange).toHaveBeenCalledWith('Hi');
  });
});

describe('people', () => {
  test.each([
    ['Maya Lindqvist', 'ML'],
    ['  jonas  ', 'J'],
    ['Ana de la Cruz', 'AC'],
    ['ليلى حداد', 'لح'],
    ['', ''],
  ])('%s has the initials %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });

  test('a tone is one of eight and stays the same for an id', () => {
    expect(tone('ab')).toBe((97 + 98) % 8);
    expect(tone('')).toBe(0);
  });

  test('a picture takes the place of the letters', () => {
    const { container } = render(
      <Avatar id="a" name="Maya" picture="https://a.example/m.png" status="away" />,
    );
    expect(container.querySelector('img')?.getAttribute('src')).toBe('https://a.example/m.png');
    expect(container.querySelector('.sh-dot-away')).not.toBeNull();
  });
});

test('the banner says what happened and has its action beside it', () => {
  const onClick = jest.fn();
  render(
    <ConnectionBanner tone="trouble" title="Disconnected." action={{ label: 'Reload', onClick }} />,
  );
  expect(screen.getByRole('status').textContent).toContain('Disconnected.');
  fireEvent.click(screen.getByRole('button', { name: 'Reload' }));
  expect(onClick).toHaveBeenCalledTimes(1);
});

describe('how far a message has come', () => {
  const mark = (userId: string, deliveredSeq: number, readSeq: number) => ({
    conversationId: 'c',
    userId,
    deliveredSeq,
    readSeq,
  });

  test('one’s own marks say nothing about it', () => {
    expect(reached(5, [mark('me', 9, 9)], 'me').state).toBe('sent');
  });

  test('it is delivered when anybody has it and seen when anybody read it', () => {
    expect(reached(5, [mark('a', 5, 4)], 'me').state).toBe('delivered');
    expect(reached(5, [mark('a', 5, 4), mark('b', 5, 5)], 'me')).toEqual({
      state: 'seen',
      readerIds: ['b'],
    });
  });
});
