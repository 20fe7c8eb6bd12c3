import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { act, cleanup, render, renderHook } from '@testing-library/react';
import { type ReactNode, StrictMode } from 'react';
import {
  ChatProvider,
  useAvailability,
  useChat,
  useConnection,
  useInbox,
  useMe,
  usePresence,
  useThread,
  useTyping,
} from '../../../client/react';
import {
  AGENT,
  BUSINESS,
  CONVERSATION,
  createFakeChat,
  type FakeChat,
  message,
  VISITOR,
} from '../widget/fake-chat';

let chat: FakeChat;

beforeEach(() => {
  chat = createFakeChat();
});
afterEach(cleanup);

function Around({ children }: { children: ReactNode }) {
  return (
    <StrictMode>
      <ChatProvider chat={chat}>{children}</ChatProvider>
    </StrictMode>
  );
}

const hook = <T,>(use: () => T) => renderHook(use, { wrapper: Around });

describe('the hooks', () => {
  test('without a provider say what is missing', () => {
    expect(() => renderHook(() => useChat())).toThrow('useChat needs a <ChatProvider> above it');
  });

  test('hand the chat down', () => {
    expect(hook(() => useChat()).result.current).toBe(chat);
  });

  test('follow the connection', () => {
    const { result } = hook(() => useConnection());
    act(() =>
      chat.cells.connection.set({ ...chat.cells.connection.getSnapshot(), state: 'waiting' }),
    );
    expect(result.current.state).toBe('waiting');
  });

  test('know who is signed in', () => {
    expect(hook(() => useMe()).result.current).toEqual(VISITOR);
  });

  test('follow typing, presence and availability, each of its own', () => {
    const { result } = hook(() => ({
      typing: useTyping(CONVERSATION),
      presence: usePresence(AGENT.id),
      availability: useAvailability(BUSINESS),
    }));
    expect(result.current).toEqual({ typing: [], presence: null, availability: null });
    act(() => {
      chat.cells.typing.set(new Map([[CONVERSATION, [{ userId: AGENT.id, name: 'Maya' }]]]));
      chat.cells.presence.set(
        new Map([[AGENT.id, { userId: AGENT.id, status: 'away', lastSeenAt: null }]]),
      );
      chat.cells.availability.set(new Map([[BUSINESS, 'online']]));
    });
    expect(result.current).toMatchObject({
      typing: [{ name: 'Maya' }],
      presence: { status: 'away' },
      availability: 'online',
    });
  });

  test('load the inbox with its filter, and again with another one', () => {
    const { rerender } = renderHook(({ status }) => useInbox({ businessId: BUSINESS, status }), {
      wrapper: ({ children }) => <ChatProvider chat={chat}>{children}</ChatProvider>,
      initialProps: { status: 'open' as 'open' | 'resolved' },
    });
    rerender({ status: 'open' });
    expect(chat.inbox.load).toHaveBeenCalledTimes(1);
    rerender({ status: 'resolved' });
    expect(chat.inbox.load).toHaveBeenLastCalledWith({ businessId: BUSINESS, status: 'resolved' });
  });

  test('show a thread as it changes', () => {
    const { result } = hook(() => useThread(CONVERSATION));
    const { cell } = chat.thread(CONVERSATION);
    act(() => cell.set({ ...cell.getSnapshot(), messages: [message(1, AGENT, 'Hello')] }));
    expect(result.current.messages).toHaveLength(1);
    expect(result.current.thread).toBe(chat.thread(CONVERSATION));
  });

  test('keep a thread open once, also in StrictMode, and close it with the last view', () => {
    function View() {
      useThread(CONVERSATION);
      return null;
    }
    const { unmount } = render(<View />, { wrapper: Around });
    expect(chat.thread(CONVERSATION).openers.count).toBe(1);
    unmount();
    expect(chat.thread(CONVERSATION).openers.count).toBe(0);
  });
});
