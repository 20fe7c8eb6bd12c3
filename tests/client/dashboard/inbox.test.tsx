/** @jest-environment ./tests/client/dashboard/browser-environment.cjs */
import { describe, expect, test } from '@jest/globals';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { text } from '../../../client/dashboard/catalogue';
import { ChatError } from '../../../client/sdk';
import { createFakeChat } from './fake-chat';
import { amara, conversationId, hana, inboxItem, jonas, maya, message, tomas } from './fixtures';
import { renderApp } from './render-app';

const fromAmara = message(3, amara, 'Two mugs are chipped');
const fromHana = message(2, hana, 'Where is my parcel?', { conversationId: conversationId(2) });
const items = [
  inboxItem(1, amara, [fromAmara], { unread: 2 }),
  inboxItem(2, hana, [fromHana]),
  inboxItem(3, tomas, []),
];
const withThree = () =>
  createFakeChat({ items, threads: { [conversationId(1)]: { messages: [fromAmara] } } });

const rows = () =>
  within(screen.getByRole('navigation', { name: text.inbox.label })).getAllByRole('link');
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });

describe('the inbox', () => {
  test('lists conversations with their last message and how many are unread', () => {
    renderApp({ fake: withThree() });
    const [first, second, third] = rows();
    expect(first?.textContent).toContain('Amara OseiTwo mugs'.slice(0, 10));
    expect(within(first as HTMLElement).getByLabelText(text.inbox.unread(2))).toBeTruthy();
    expect(second?.textContent).toContain('Where is my parcel?');
    expect(third?.textContent).toContain(text.inbox.noMessages);
  });

  test('an arriving message moves its conversation up and counts in row, rail and title', () => {
    const { fake, server } = renderApp({ fake: withThree() });
    server(() =>
      fake.arrive(message(4, hana, 'Anybody there?', { conversationId: conversationId(2) })),
    );
    expect(rows()[0]?.textContent).toContain('Anybody there?');
    expect(screen.getByRole('link', { name: text.rail.inbox(3) })).toBeTruthy();
    expect(document.title).toBe('(3) ServiHub Chat');
  });

  test('says whose message the last one was, unless it is the customer’s', () => {
    const own = message(5, maya, 'On its way');
    const colleague = message(5, jonas, 'I am on it', { conversationId: conversationId(2) });
    const deleted = message(5, tomas, '', { deletedAt: fromAmara.createdAt });
    const fake = createFakeChat({
      items: [
        inboxItem(1, amara, [own]),
        inboxItem(2, hana, [colleague]),
        inboxItem(3, tomas, [deleted]),
      ],
    });
    renderApp({ fake });
    expect(screen.getByText('You: On its way')).toBeTruthy();
    expect(screen.getByText('Jonas Weber: I am on it')).toBeTruthy();
    expect(screen.getByText(text.inbox.deleted)).toBeTruthy();
  });

  test('tells who types, customer or colleague', () => {
    const { fake, server } = renderApp({ fake: withThree() });
    server(() =>
      fake.typing.set(
        new Map([
          [conversationId(1), [{ userId: amara.id, name: 'Amara Osei' }]],
          [conversationId(2), [{ userId: jonas.id, name: 'Jonas Weber' }]],
        ]),
      ),
    );
    expect(screen.getByText(text.inbox.typing('Amara Osei'))).toBeTruthy();
    expect(screen.getByText(text.inbox.replying('Jonas Weber'))).toBeTruthy();
  });

  test('Unread shows only what is unread', () => {
    renderApp({ fake: withThree() });
    fireEvent.click(screen.getByRole('button', { name: /^Unread/ }));
    expect(rows()).toHaveLength(1);
    expect(rows()[0]?.textContent).toContain('Amara');
  });

  test('Resolved asks the server, and again when somebody resolves another', async () => {
    const fake = withThree();
    const done = inboxItem(9, tomas, [], { status: 'resolved' });
    fake.rest.conversations.mockResolvedValue({ items: [done], nextCursor: null });
    const { server } = renderApp({ fake });
    fireEvent.click(screen.getByRole('button', { name: 'Resolved' }));
    expect(await screen.findByLabelText(text.conversation.resolved)).toBeTruthy();
    expect(rows()).toHaveLength(1);
    expect(fake.rest.conversations).toHaveBeenCalledWith({ status: 'resolved' });

    const asked = fake.rest.conversations.mock.calls.length;
    const { id, changeSeq } = done;
    server(() =>
      fake.emit('frame', {
        type: 'conversation',
        conversationId: id,
        changeSeq,
        conversation: done,
      }),
    );
    await waitFor(() => expect(fake.rest.conversations.mock.calls.length).toBe(asked + 1));
  });

  test('a resolved list that does not load offers another try', async () => {
    const fake = withThree();
    fake.rest.conversations.mockRejectedValueOnce(
      new ChatError({ code: 'network', message: 'gone' }),
    );
    renderApp({ fake });
    fireEvent.click(screen.getByRole('button', { name: 'Resolved' }));
    fireEvent.click(await screen.findByRole('button', { name: text.tryAgain }));
    expect(await screen.findByText(text.inbox.empty.resolved.title)).toBeTruthy();
  });

  test('says what an empty inbox means, and what to do when it did not load', () => {
    const { fake, server } = renderApp();
    expect(screen.getByText(text.inbox.empty.all.title)).toBeTruthy();
    server(() => fake.inbox.change({ error: new ChatError({ code: 'network', message: 'gone' }) }));
    fireEvent.click(screen.getByRole('button', { name: text.tryAgain }));
    expect(fake.chat.inbox.load).toHaveBeenLastCalledWith({ status: 'open' });
  });

  test('shows the shape of what comes while it loads', () => {
    const { fake, server, container } = renderApp();
    server(() => fake.inbox.change({ loading: true }));
    expect(container.querySelectorAll('.row-skeleton').length).toBeGreaterThan(3);
  });
});

describe('the keyboard', () => {
  test('J and K move through the inbox and Enter opens', () => {
    const { where } = renderApp({ fake: withThree() });
    press('j');
    expect(document.activeElement).toBe(rows()[0]);
    press('j');
    press('j');
    expect(document.activeElement).toBe(rows()[2]);
    press('k');
    expect(document.activeElement).toBe(rows()[1]);
    fireEvent.click(document.activeElement as Element);
    expect(where.path).toBe(`/c/${conversationId(2)}`);
  });

  test('the arrows move within the list, which is one stop of Tab', () => {
    renderApp({ fake: withThree() });
    expect(rows().filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
    act(() => rows()[0]?.focus());
    press('ArrowDown');
    expect(document.activeElement).toBe(rows()[1]);
    press('ArrowUp');
    expect(document.activeElement).toBe(rows()[0]);
  });

  test('? lists the keys, and letters typed into a field stay letters', () => {
    renderApp({ fake: withThree(), path: `/c/${conversationId(1)}` });
    const field = screen.getByRole('textbox');
    act(() => field.focus());
    press('?');
    expect(screen.queryByRole('dialog')).toBeNull();
    act(() => field.blur());
    press('?');
    expect(screen.getByRole('dialog', { name: text.shortcuts.title })).toBeTruthy();
  });
});
