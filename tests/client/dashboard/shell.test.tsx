/** @jest-environment ./tests/client/dashboard/browser-environment.cjs */
import { describe, expect, jest, test } from '@jest/globals';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { text } from '../../../client/dashboard/catalogue';
import { createFakeChat } from './fake-chat';
import { amara, conversationId, inboxItem, jonas, maya, message, minute } from './fixtures';
import { renderApp } from './render-app';

const ID = conversationId(1);
const messages = [message(1, amara, 'Two mugs are chipped'), message(2, maya, 'I am sorry, Amara')];

describe('the rail', () => {
  test('switches between light and dark and back to the system’s choice', async () => {
    renderApp();
    const choose = async (name: string) => {
      fireEvent.click(screen.getByRole('button', { name: text.rail.appearance }));
      fireEvent.click(await screen.findByRole('menuitemradio', { name }));
      await waitFor(() => expect(screen.queryByRole('menu')).toBeNull());
    };
    await choose(text.rail.dark);
    expect(document.documentElement.dataset.theme).toBe('dark');
    await choose(text.rail.light);
    expect(document.documentElement.dataset.theme).toBe('light');
  });

  test('tells the others when the agent is away', async () => {
    const { fake } = renderApp();
    fireEvent.click(screen.getByRole('button', { name: text.rail.account(maya.name) }));
    fireEvent.click(await screen.findByRole('menuitemradio', { name: text.presence.away }));
    expect(fake.chat.setStatus).toHaveBeenCalledWith('away');
  });

  test('opens the list of keys by pointer, and closes it', async () => {
    renderApp();
    fireEvent.click(screen.getByRole('button', { name: text.rail.shortcuts }));
    const dialog = screen.getByRole('dialog', { name: text.shortcuts.title });
    fireEvent.click(within(dialog).getByRole('button', { name: text.close }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });
});

describe('between tabs', () => {
  const elsewhere = (key: string | null) =>
    act(() => void window.dispatchEvent(new StorageEvent('storage', { key })));

  test('signing out in one signs out in all, signing in too', () => {
    const { where } = renderApp();
    const kept = localStorage.getItem('servihub.session') ?? '';
    localStorage.removeItem('servihub.session');
    elsewhere('servihub.session');
    expect(where.path).toBe('/login');
    localStorage.setItem('servihub.session', kept);
    elsewhere('servihub.session');
    expect(where.path).toBe('/');
  });

  test('what is no session in the storage signs nobody in', () => {
    localStorage.setItem('servihub.session', '{"token":');
    const { where } = renderApp({ isSignedIn: false });
    expect(where.path).toBe('/login');
    elsewhere('something.else');
    expect(where.path).toBe('/login');
  });
});

describe('a conversation', () => {
  test('is named after the other person when it is a direct one', () => {
    const participants = [maya, jonas].map((user) => ({
      conversationId: ID,
      userId: user.id,
      user,
      role: 'member' as const,
      changeSeq: 1,
      joinedSeq: 0,
      leftSeq: null,
    }));
    const direct = inboxItem(1, amara, [message(1, jonas, 'Lunch?')], {
      type: 'direct',
      customer: null,
      business: null,
      participants,
    });
    const fake = createFakeChat({
      items: [direct],
      threads: { [ID]: { messages: [message(1, jonas, 'Lunch?')] } },
    });
    renderApp({ fake, path: `/c/${ID}` });
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('Jonas Weber');
    expect(screen.queryByRole('button', { name: text.conversation.resolve })).toBeNull();
  });

  test('shows when somebody who is away was last seen', () => {
    const fake = createFakeChat({
      items: [inboxItem(1, amara, messages)],
      threads: { [ID]: { messages } },
    });
    const seen = {
      userId: amara.id,
      status: 'offline' as const,
      lastSeenAt: minute(-60 * 24 * 900),
    };
    fake.presence.set(new Map([[amara.id, seen]]));
    renderApp({ fake, path: `/c/${ID}` });
    expect(screen.getAllByText(/^Last seen .*2024$/)).toHaveLength(2);
  });

  test('shows its shape while it is on its way', () => {
    const fake = createFakeChat({
      items: [inboxItem(1, amara, messages)],
      threads: { [ID]: { loading: true } },
    });
    const { container, server } = renderApp({ fake, path: `/c/${ID}` });
    expect(container.querySelector('.thread-skeleton')).not.toBeNull();
    server(() => fake.thread(ID).state.change({ loading: false, messages }));
    expect(screen.getByRole('log')).toBeTruthy();
  });

  test('an own message can be copied', async () => {
    const writeText = jest.fn<(body: string) => Promise<void>>(async () => undefined);
    Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true });
    const fake = createFakeChat({
      items: [inboxItem(1, amara, messages)],
      threads: { [ID]: { messages } },
    });
    renderApp({ fake, path: `/c/${ID}` });
    fireEvent.click(screen.getByRole('button', { name: text.message.actions }));
    fireEvent.click(await screen.findByRole('menuitem', { name: text.message.copy }));
    expect(writeText).toHaveBeenCalledWith('I am sorry, Amara');
  });
});

describe('somebody who reads above', () => {
  function scrolledUp() {
    const fake = createFakeChat({
      items: [inboxItem(1, amara, messages)],
      threads: { [ID]: { messages } },
    });
    const view = renderApp({ fake, path: `/c/${ID}` });
    const scroller = view.container.querySelector('.thread-scroll') as HTMLElement;
    scroller.scrollTop = -400;
    fireEvent.scroll(scroller);
    return { ...view, scroller };
  }

  test('is offered the way back, and told how much came in meanwhile', () => {
    const { fake, server } = scrolledUp();
    expect(screen.getByRole('button', { name: text.conversation.toLatest })).toBeTruthy();
    server(() => fake.arrive(message(3, amara, 'Hello?')));
    expect(screen.getByRole('button', { name: text.conversation.newBelow(1) })).toBeTruthy();
  });

  test('has not read what stands below', () => {
    const { fake, server, scroller } = scrolledUp();
    const unread = inboxItem(1, amara, messages, { unread: 1 });
    server(() => fake.thread(ID).state.change({ item: unread }));
    expect(fake.thread(ID).read).not.toHaveBeenCalled();
    scroller.scrollTop = 0;
    fireEvent.scroll(scroller);
    expect(fake.thread(ID).read).toHaveBeenCalled();
  });
});

describe('a long inbox', () => {
  test('asks for more at its end', () => {
    const fake = createFakeChat({ items: [inboxItem(1, amara, messages)] });
    fake.inbox.change({ hasMore: true });
    renderApp({ fake });
    expect(fake.chat.inbox.loadMore).toHaveBeenCalled();
  });

  test('draws only what is in sight', () => {
    const items = Array.from({ length: 500 }, (_, index) => inboxItem(index + 1, amara, messages));
    renderApp({ fake: createFakeChat({ items }) });
    expect(screen.getAllByRole('link').length).toBeLessThan(40);
  });
});
