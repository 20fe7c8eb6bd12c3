/** @jest-environment ./tests/client/dashboard/browser-environment.cjs */
import { describe, expect, jest, test } from '@jest/globals';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { text } from '../../../client/dashboard/catalogue';
import { ChatError } from '../../../client/sdk';
import { createFakeChat, type Seed } from './fake-chat';
import { amara, conversationId, hana, inboxItem, jonas, maya, message, minute } from './fixtures';
import { renderApp } from './render-app';

const ID = conversationId(1);
const messages = [message(1, amara, 'Two mugs are chipped'), message(2, maya, 'I am sorry, Amara')];

function open({ threads, ...seed }: Seed = {}) {
  const items = seed.items ?? [inboxItem(1, amara, messages), inboxItem(2, hana, [])];
  const fake = createFakeChat({ items, threads: { [ID]: { messages, ...threads?.[ID] } } });
  return renderApp({ fake, path: `/c/${ID}` });
}

const log = () => screen.getByRole('log');
const field = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: /Reply to/ });
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
function write(body: string) {
  fireEvent.change(field(), { target: { value: body } });
}

describe('a thread', () => {
  test('an arriving message appears', () => {
    const { fake, server } = open();
    server(() => fake.arrive(message(3, amara, 'New ones please')));
    expect(within(log()).getByText('New ones please')).toBeTruthy();
  });

  test('what is seen is marked as read, but only while somebody looks', () => {
    const { fake, server } = open();
    const unread = { item: inboxItem(1, amara, messages, { unread: 1 }) };
    jest.spyOn(document, 'hasFocus').mockReturnValue(false);
    server(() => void window.dispatchEvent(new Event('blur')));
    server(() => fake.thread(ID).state.change(unread));
    expect(fake.thread(ID).read).not.toHaveBeenCalled();
    jest.spyOn(document, 'hasFocus').mockReturnValue(true);
    server(() => void window.dispatchEvent(new Event('focus')));
    expect(fake.thread(ID).read).toHaveBeenCalled();
  });

  test('a line stands before what was unread at opening', () => {
    const marks = { conversationId: ID, userSeq: 1, readSeq: 1, unread: 1 };
    const thread = [messages[0], message(2, amara, 'Hello?')].filter((one) => one !== undefined);
    open({
      items: [inboxItem(1, amara, thread, { unread: 1, me: marks })],
      threads: { [ID]: { messages: thread } },
    });
    const words = log().textContent ?? '';
    expect(words.indexOf(text.conversation.unreadLine)).toBeGreaterThan(words.indexOf('chipped'));
    expect(words.indexOf(text.conversation.unreadLine)).toBeLessThan(words.indexOf('Hello?'));
  });

  test('ticks follow the customer’s marks, not those of a colleague', () => {
    const { fake, server } = open();
    const mark = (userId: string, readSeq: number) => ({
      conversationId: ID,
      userId,
      deliveredSeq: 2,
      readSeq,
    });
    const receipts = (list: ReturnType<typeof mark>[]) =>
      server(() => fake.thread(ID).state.change({ receipts: list }));
    receipts([mark(jonas.id, 2)]);
    expect(within(log()).getByText(text.message.receipt.sent)).toBeTruthy();
    receipts([mark(jonas.id, 2), mark(amara.id, 1)]);
    expect(within(log()).getByText(text.message.receipt.delivered)).toBeTruthy();
    receipts([mark(amara.id, 2)]);
    expect(within(log()).getByText(text.message.receipt.seen)).toBeTruthy();
  });

  test('shows the customer typing in the thread and a colleague replying above the composer', () => {
    const { fake, server } = open();
    server(() =>
      fake.typing.set(
        new Map([
          [
            ID,
            [
              { userId: amara.id, name: 'Amara Osei' },
              { userId: jonas.id, name: 'Jonas' },
            ],
          ],
        ]),
      ),
    );
    expect(within(log()).getByLabelText(text.inbox.typing('Amara Osei'))).toBeTruthy();
    expect(screen.getByText('Jonas').parentElement?.textContent).toBe('Jonas is replying');
  });

  test('shows presence, and nothing while it is unknown', () => {
    const { fake, server } = open();
    const head = screen.getByRole('heading', { level: 2 }).parentElement as HTMLElement;
    expect(head.textContent).toBe('Amara Osei');
    const seen = { userId: amara.id, status: 'online' as const, lastSeenAt: null };
    server(() => fake.presence.set(new Map([[amara.id, seen]])));
    expect(head.textContent).toBe(`Amara Osei${text.presence.online}`);
  });

  test('a deleted message says so, an edited one too', () => {
    const deleted = message(3, amara, '', { deletedAt: minute(4) });
    const edited = message(4, jonas, 'Corrected', { editedAt: minute(5) });
    open({ threads: { [ID]: { messages: [...messages, deleted, edited] } } });
    expect(within(log()).getByText(text.message.deletedBy('Amara Osei'))).toBeTruthy();
    expect(within(log()).getByText(text.message.edited)).toBeTruthy();
  });

  test('a page of older messages is asked for once, and again by hand when it failed', async () => {
    const { fake, server } = open({ threads: { [ID]: { messages, hasOlder: true } } });
    const { loadOlder, state } = fake.thread(ID);
    await waitFor(() => expect(loadOlder).toHaveBeenCalled());
    server(() => state.change({ loading: true }));
    expect(screen.getByText(text.conversation.olderLoading)).toBeTruthy();
    server(() =>
      state.change({ loading: false, error: new ChatError({ code: 'timeout', message: 'late' }) }),
    );
    const asked = jest.mocked(loadOlder).mock.calls.length;
    server(() => state.change({ receipts: [] }));
    expect(loadOlder).toHaveBeenCalledTimes(asked);
    fireEvent.click(screen.getByRole('button', { name: text.tryAgain }));
    expect(loadOlder).toHaveBeenCalledTimes(asked + 1);
  });

  test('one that does not exist, or does not load, says so', () => {
    const { fake, server } = open({ items: [] });
    const fail = (code: 'not_found' | 'network') =>
      server(() =>
        fake.thread(ID).state.change({ messages: [], error: new ChatError({ code, message: '' }) }),
      );
    fail('not_found');
    expect(screen.getByText(text.conversation.notFound)).toBeTruthy();
    fail('network');
    expect(screen.getByText(text.conversation.loadFailed)).toBeTruthy();
  });
});

describe('writing', () => {
  test('Enter sends; the message waits as pending and is then acknowledged in place', () => {
    const { fake, server } = open();
    write('  New mugs leave tomorrow ');
    fireEvent.keyDown(field(), { key: 'Enter' });
    expect(fake.thread(ID).send).toHaveBeenCalledWith('New mugs leave tomorrow');
    expect(field().value).toBe('');
    const bubble = within(log()).getByText('New mugs leave tomorrow');
    expect(within(log()).getByText(text.message.receipt.waiting)).toBeTruthy();

    const stored = message(3, maya, 'New mugs leave tomorrow', {
      clientId: 'pending-1',
      createdAt: '2026-11-20T10:00:01.000Z',
    });
    server(() => fake.acknowledge(ID, stored));
    expect(within(log()).getByText('New mugs leave tomorrow')).toBe(bubble);
    expect(within(log()).queryByText(text.message.receipt.waiting)).toBeNull();
  });

  test('Shift+Enter and an unfinished word of an input method send nothing', () => {
    const { fake } = open();
    write('Hello');
    fireEvent.keyDown(field(), { key: 'Enter', shiftKey: true });
    fireEvent.keyDown(field(), { key: 'Enter', isComposing: true });
    expect(fake.thread(ID).send).not.toHaveBeenCalled();
  });

  test('a failed message can be tried again', () => {
    const { fake, server } = open();
    write('Hello');
    fireEvent.keyDown(field(), { key: 'Enter' });
    server(() => fake.fail(ID, 'pending-1', new ChatError({ code: 'network', message: 'gone' })));
    expect(screen.getByText(text.message.notSent)).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: text.tryAgain }));
    expect(fake.thread(ID).retry).toHaveBeenCalledWith('pending-1');
    expect(screen.queryByText(text.message.notSent)).toBeNull();
  });

  test('one that will never be taken can only be deleted', () => {
    const { fake, server } = open();
    write('Hello');
    fireEvent.keyDown(field(), { key: 'Enter' });
    server(() => fake.fail(ID, 'pending-1', new ChatError({ code: 'forbidden', message: 'no' })));
    expect(screen.queryByRole('button', { name: text.tryAgain })).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: text.message.discard }));
    expect(within(log()).queryByText('Hello')).toBeNull();
  });

  test('others learn that somebody types, and that it ended', () => {
    const { fake } = open();
    write('Hel');
    expect(fake.thread(ID).typing).toHaveBeenLastCalledWith(true);
    write('');
    expect(fake.thread(ID).typing).toHaveBeenLastCalledWith(false);
  });

  test('a message beyond the limit is refused before it is sent', () => {
    const { fake } = open();
    write('ü'.repeat(9_000));
    expect(screen.getByText(text.composer.tooLong)).toBeTruthy();
    fireEvent.keyDown(field(), { key: 'Enter' });
    expect(fake.thread(ID).send).not.toHaveBeenCalled();
  });

  test('drafts stay with their conversation when switching and after a reload', () => {
    const { unmount } = open();
    write('Half a sentence');
    fireEvent.click(screen.getByRole('link', { name: /Hana/ }));
    expect(field().value).toBe('');
    const amaras = screen.getByRole('link', { name: /Amara/ });
    expect(amaras.textContent).toContain(`${text.inbox.draft} Half a sentence`);
    fireEvent.click(amaras);
    expect(field().value).toBe('Half a sentence');

    unmount();
    open();
    expect(field().value).toBe('Half a sentence');
  });
});

describe('own messages', () => {
  async function choose(name: string) {
    fireEvent.click(screen.getByRole('button', { name: text.message.actions }));
    fireEvent.click(await screen.findByRole('menuitem', { name }));
  }

  test('are edited in place; Escape leaves them as they were', async () => {
    const { fake } = open();
    jest.mocked(fake.thread(ID).edit).mockResolvedValue(message(2, maya, 'So sorry'));
    await choose(text.message.edit);
    const form = screen.getByRole('textbox', { name: text.message.editLabel });
    fireEvent.keyDown(form, { key: 'Escape' });
    expect(screen.queryByRole('textbox', { name: text.message.editLabel })).toBeNull();

    await choose(text.message.edit);
    const again = screen.getByRole('textbox', { name: text.message.editLabel });
    fireEvent.change(again, { target: { value: 'So sorry' } });
    fireEvent.click(screen.getByRole('button', { name: text.message.save }));
    expect(fake.thread(ID).edit).toHaveBeenCalledWith(2, 'So sorry');
    await waitFor(() =>
      expect(screen.queryByRole('textbox', { name: text.message.editLabel })).toBeNull(),
    );
  });

  test('keep what was typed when saving fails', async () => {
    open();
    await choose(text.message.edit);
    const form = screen.getByRole<HTMLTextAreaElement>('textbox', { name: text.message.editLabel });
    fireEvent.change(form, { target: { value: 'So sorry' } });
    fireEvent.keyDown(form, { key: 'Enter' });
    expect(await screen.findByText(text.message.editFailed)).toBeTruthy();
    expect(form.value).toBe('So sorry');
  });

  test('are deleted after a question', async () => {
    const { fake } = open();
    jest.mocked(fake.thread(ID).remove).mockResolvedValue(message(2, maya, ''));
    await choose(text.message.remove);
    const question = await screen.findByRole('dialog', { name: text.message.removeTitle });
    fireEvent.click(within(question).getByRole('button', { name: text.message.remove }));
    expect(fake.thread(ID).remove).toHaveBeenCalledWith(2);
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });
});

describe('keys in a conversation', () => {
  test('R goes to the composer, Escape leaves it, and once more closes the conversation', () => {
    const { where } = open();
    press('r');
    expect(document.activeElement).toBe(field());
    press('Escape');
    expect(document.activeElement).not.toBe(field());
    expect(where.path).toBe(`/c/${ID}`);
    press('Escape');
    expect(where.path).toBe('/');
  });

  test('E resolves, and a refusal says so and offers another try', async () => {
    const { fake } = open();
    fake.rest.setConversationStatus.mockRejectedValueOnce(new Error('no'));
    press('e');
    expect(fake.rest.setConversationStatus).toHaveBeenCalledWith(ID, 'resolved');
    expect(await screen.findByText(text.conversation.statusFailed)).toBeTruthy();
  });

  test('a resolved conversation can be re-opened', () => {
    const { fake } = open({ items: [inboxItem(1, amara, messages, { status: 'resolved' })] });
    fake.rest.setConversationStatus.mockReturnValue(new Promise(() => undefined));
    fireEvent.click(screen.getByRole('button', { name: text.conversation.reopen }));
    expect(fake.rest.setConversationStatus).toHaveBeenCalledWith(ID, 'open');
  });
});
