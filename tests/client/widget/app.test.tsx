import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import {
  ChatError,
  type Participant,
  type PendingMessage,
  type Status,
  type ThreadSnapshot,
} from '../../../client/sdk';
import { App } from '../../../client/widget/panel/App';
import { createPanel } from '../../../client/widget/panel/panel';
import {
  AGENT,
  BUSINESS,
  CONVERSATION,
  createCell,
  createFakeChat,
  type FakeChat,
  inboxItem,
  message,
  pendingMessage,
  VISITOR,
} from './fake-chat';

let chat: FakeChat;
let shown: ReturnType<typeof createCell<boolean>>;
let onClose: jest.Mock;
let sessionFails: boolean;
let configFails: boolean;

async function open(
  conversationId: string | null = null,
  status: Status = 'online',
): Promise<void> {
  const config = {
    businessId: BUSINESS,
    name: 'Savanna Crafts',
    brandColor: '#a64a20',
    greeting: 'Hello, what can we help with?',
    team: [AGENT],
    status,
  };
  const panel = createPanel({
    key: 'savanna',
    rest: {
      async widgetConfig() {
        if (configFails) throw new ChatError({ code: 'network', message: 'away' });
        return config;
      },
      async widgetSession() {
        if (sessionFails) throw new ChatError({ code: 'network', message: 'away' });
        return { token: 't', expiresAt: '', user: VISITOR, businessId: BUSINESS, conversationId };
      },
    },
    visitor: { key: () => (conversationId ? 'known' : null), makeKey: () => 'known' },
    platformToken: async () => null,
    createChat: () => chat,
    newId: () => 'first',
    now: () => new Date().toISOString(),
  });
  render(<App panel={panel} shown={shown} onClose={onClose} />);
  await act(() => panel.start());
}

const thread = () => chat.thread(CONVERSATION);
const field = () => screen.getByRole<HTMLTextAreaElement>('textbox');
const log = () => screen.getByRole('log');

async function write(text: string): Promise<void> {
  fireEvent.change(field(), { target: { value: text } });
  await act(async () => void fireEvent.keyDown(field(), { key: 'Enter' }));
}

function threadHas(change: Partial<ThreadSnapshot>) {
  act(() => thread().cell.set({ ...thread().cell.getSnapshot(), ...change }));
}

beforeEach(() => {
  chat = createFakeChat();
  shown = createCell(true);
  onClose = jest.fn();
  sessionFails = false;
  configFails = false;
});

afterEach(() => {
  cleanup();
  jest.useRealTimers();
});

describe('home', () => {
  test('is a composer with the focus in it, so that a visitor types at once', async () => {
    await open();
    expect(document.activeElement).toBe(field());
    expect(field().getAttribute('aria-label')).toBe('Your question');
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(
      'Hello, what can we help with?',
    );
  });

  test('does not take the focus while the panel is closed', async () => {
    shown = createCell(false);
    await open();
    expect(document.activeElement).toBe(document.body);
    act(() => shown.set(true));
    expect(document.activeElement).toBe(field());
  });

  test.each<[Status, string]>([
    ['online', 'We are here now'],
    ['away', 'Away for a moment, back soon'],
    ['offline', 'Not here right now. Write, and the answer comes here.'],
  ])('says when the team is %s', async (status, words) => {
    await open(null, status);
    expect(screen.getByText(words)).toBeTruthy();
  });

  test('that cannot be reached says so and tries again when asked', async () => {
    configFails = true;
    await open();
    expect(screen.getByRole('alert').textContent).toMatch(/does not answer/);
    configFails = false;
    await act(async () => void fireEvent.click(screen.getByRole('button', { name: 'Try again' })));
    expect(document.activeElement).toBe(field());
  });

  test('has nothing to send before something is written', async () => {
    await open();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true);
    await write('   ');
    expect(chat.connect).not.toHaveBeenCalled();
  });

  test('turns into the thread with the first message, and the focus stays in the composer', async () => {
    await open();
    await write('Do you ship to Norway?');
    expect(within(log()).getByText('Do you ship to Norway?')).toBeTruthy();
    expect(within(log()).getByText('Sending')).toBeTruthy();
    expect(thread().send).toHaveBeenCalledWith('Do you ship to Norway?', { clientId: 'first' });
    expect(document.activeElement).toBe(field());
    expect(field().value).toBe('');
  });

  test('a first message that does not go stays, with its way out', async () => {
    sessionFails = true;
    await open();
    await write('Hello');
    expect(screen.getByRole('alert').textContent).toBe('Not sent.');
    sessionFails = false;
    await act(async () => void fireEvent.click(screen.getByRole('button', { name: 'Try again' })));
    expect(thread().send).toHaveBeenCalledWith('Hello', { clientId: 'first' });
  });

  test('lists the conversation and leads back to it with the draft untouched', async () => {
    await open(CONVERSATION);
    const lastMessage = message(3, VISITOR, 'Thank you');
    act(() =>
      chat.cells.inbox.set({
        ...chat.cells.inbox.getSnapshot(),
        items: [inboxItem({ lastMessage, unread: 2 })],
      }),
    );
    fireEvent.change(field(), { target: { value: 'half a thou' } });
    fireEvent.click(screen.getByRole('button', { name: 'Back to the start' }));
    expect(field().value).toBe('half a thou');
    const row = screen.getByRole('button', { name: /You: Thank you/ });
    expect(within(row).getByText('2 unread messages')).toBeTruthy();
    fireEvent.click(row);
    expect(log()).toBeTruthy();
    expect(field().value).toBe('half a thou');
  });

  test('Escape and the button ask the host to close', async () => {
    await open();
    fireEvent.keyDown(document, { key: 'Escape' });
    fireEvent.click(screen.getByRole('button', { name: 'Close chat' }));
    expect(onClose).toHaveBeenCalledTimes(2);
  });
});

describe('the thread', () => {
  const history = [message(1, VISITOR, 'Hello'), message(2, AGENT, 'Good to hear from you')];

  test('is open exactly as long as it is shown', async () => {
    await open(CONVERSATION);
    expect(thread().openers.count).toBe(1);
    fireEvent.click(screen.getByRole('button', { name: 'Back to the start' }));
    expect(thread().openers.count).toBe(0);
  });

  test('is closed with the panel, so that what comes then is unread', async () => {
    await open(CONVERSATION);
    act(() => shown.set(false));
    expect(thread().openers.count).toBe(0);
    threadHas({ messages: history });
    expect(thread().read).not.toHaveBeenCalled();
    act(() => shown.set(true));
    expect(thread().openers.count).toBe(1);
  });

  test('names the speaker, the day and how far an own message has come', async () => {
    await open(CONVERSATION);
    const receipts = [
      { conversationId: CONVERSATION, userId: AGENT.id, deliveredSeq: 1, readSeq: 1 },
    ];
    const participants: Participant[] = [
      {
        conversationId: CONVERSATION,
        userId: AGENT.id,
        user: AGENT,
        role: 'agent',
        changeSeq: 1,
        joinedSeq: 1,
        leftSeq: null,
      },
    ];
    threadHas({ messages: history, receipts, item: inboxItem({ participants }) });
    expect(within(log()).getByText('Maya')).toBeTruthy();
    expect(within(log()).getByText('Seen by Maya')).toBeTruthy();
    expect(log().querySelectorAll('.sh-day')).toHaveLength(1);
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Maya Lindqvist');
  });

  test('sends what is written and tells that somebody writes', async () => {
    await open(CONVERSATION);
    fireEvent.change(field(), { target: { value: 'H' } });
    expect(thread().typing).toHaveBeenLastCalledWith(true);
    await write('Hello again');
    expect(thread().typing).toHaveBeenLastCalledWith(false);
    expect(thread().send).toHaveBeenCalledWith('Hello again');
    expect(field().value).toBe('');
  });

  test('refuses a message above the limit before it is sent, and keeps it', async () => {
    await open(CONVERSATION);
    const long = 'ä'.repeat(9_000);
    await write(long);
    expect(screen.getByRole('alert').textContent).toMatch(/too long/);
    expect(thread().send).not.toHaveBeenCalled();
    expect(field().value).toBe(long);
  });

  test('is read when it can be seen, and not before', async () => {
    shown = createCell(false);
    await open(CONVERSATION);
    threadHas({ messages: history });
    expect(thread().read).not.toHaveBeenCalled();
    act(() => shown.set(true));
    expect(thread().read).toHaveBeenCalled();
  });

  test('shows who is typing', async () => {
    await open(CONVERSATION);
    act(() =>
      chat.cells.typing.set(new Map([[CONVERSATION, [{ userId: AGENT.id, name: AGENT.name }]]])),
    );
    expect(screen.getByRole('img', { name: 'Maya is typing' })).toBeTruthy();
  });

  test('offers a failed message again or away', async () => {
    await open(CONVERSATION);
    const failed: PendingMessage = { ...pendingMessage('x', 'Lost'), state: 'failed' };
    threadHas({ pending: [failed] });
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
    expect(thread().retry).toHaveBeenCalledWith('x');
    expect(thread().discard).toHaveBeenCalledWith('x');
  });

  test('a refusal because another conversation is open leads there', async () => {
    await open(CONVERSATION);
    const openConversationId = '00000000-0000-4000-8000-0000000000c2';
    const error = new ChatError({ code: 'conversation_closed', message: '', openConversationId });
    threadHas({ pending: [{ ...pendingMessage('x', 'More'), state: 'failed', error }] });
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(chat.thread(openConversationId).send).toHaveBeenCalledWith('More', { clientId: 'x' });
  });

  test('keeps the element of a message when it is acknowledged', async () => {
    await open(CONVERSATION);
    threadHas({ pending: [pendingMessage('client-1', 'Hello')] });
    const before = within(log()).getByText('Hello').closest('.sh-line');
    threadHas({ pending: [], messages: [message(1, VISITOR, 'Hello')] });
    expect(within(log()).getByText('Hello').closest('.sh-line')).toBe(before);
    expect(within(log()).getByText('Sent')).toBeTruthy();
  });

  test('shows deleted, edited and system messages as such', async () => {
    await open(CONVERSATION);
    const at = '2026-11-20T11:00:00.000Z';
    threadHas({
      messages: [
        { ...message(1, AGENT, ''), deletedAt: at },
        { ...message(2, AGENT, 'Corrected'), editedAt: at },
        { ...message(3, AGENT, 'Maya joined'), kind: 'system' },
      ],
    });
    for (const words of ['Message deleted', 'edited', 'Maya joined']) {
      expect(within(log()).getByText(words)).toBeTruthy();
    }
  });

  test('says why a message was refused when that helps', async () => {
    await open(CONVERSATION);
    const error = new ChatError({ code: 'rate_limited', message: '' });
    threadHas({ pending: [{ ...pendingMessage('x', 'More'), state: 'failed', error }] });
    expect(screen.getByRole('alert').textContent).toBe('Too many messages at once.');
  });

  test('says that a solved conversation opens again by writing', async () => {
    await open(CONVERSATION);
    threadHas({ item: inboxItem({ status: 'resolved' }) });
    expect(within(log()).getByText(/marked as solved/)).toBeTruthy();
  });

  test('asks for older messages when there are and the window is not full', async () => {
    await open(CONVERSATION);
    threadHas({ messages: history, hasOlder: true });
    expect(thread().loadOlder).toHaveBeenCalled();
  });
});

describe('the connection', () => {
  const state = (name: 'online' | 'waiting' | 'connecting' | 'closed') =>
    act(() => chat.cells.connection.set({ ...chat.cells.connection.getSnapshot(), state: name }));
  const pass = (ms: number) => act(() => jest.advanceTimersByTime(ms));

  beforeEach(async () => {
    await open(CONVERSATION);
    jest.useFakeTimers();
  });

  test('may blink without a word', () => {
    state('waiting');
    pass(1_000);
    state('connecting');
    pass(900);
    state('online');
    pass(5_000);
    expect(screen.queryByRole('status')).toBeNull();
  });

  test('that stays away for two seconds is told, and its return for a moment', () => {
    state('waiting');
    pass(1_000);
    state('connecting');
    pass(1_000);
    expect(screen.getByRole('status').textContent).toMatch(/Keep writing/);
    state('online');
    expect(screen.getByRole('status').textContent).toMatch(/back online/);
    pass(1_500);
    expect(screen.queryByRole('status')).toBeNull();
  });

  test('that ended for good is told at once', () => {
    state('closed');
    expect(screen.getByRole('button', { name: 'Reload' })).toBeTruthy();
  });

  test('makes own messages wait in words', () => {
    state('waiting');
    pass(2_000);
    threadHas({ pending: [pendingMessage('x', 'Hello')] });
    expect(within(log()).getByText('Waiting for the network')).toBeTruthy();
  });
});
