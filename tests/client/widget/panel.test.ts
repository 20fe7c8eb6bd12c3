import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  ChatError,
  type TokenProvider,
  type WidgetConfig,
  type WidgetSession,
} from '../../../client/sdk';
import { createPanel, type Panel, type PanelDeps } from '../../../client/widget/panel/panel';
import { createVisitor } from '../../../client/widget/panel/visitor';
import {
  AGENT,
  BUSINESS,
  CONVERSATION,
  createFakeChat,
  type FakeChat,
  inboxItem,
  VISITOR,
} from './fake-chat';

const CONFIG: WidgetConfig = {
  businessId: BUSINESS,
  name: 'Savanna Crafts',
  brandColor: '#a64a20',
  greeting: 'Hello',
  team: [AGENT],
  status: 'online',
};

function session(conversationId: string | null): WidgetSession {
  return {
    token: 'visitor-token',
    expiresAt: '',
    user: VISITOR,
    businessId: BUSINESS,
    conversationId,
  };
}

let chat: FakeChat;
let tokens: TokenProvider[];
let stored: Storage;
let rest: {
  widgetConfig: jest.MockedFunction<PanelDeps['rest']['widgetConfig']>;
  widgetSession: jest.MockedFunction<PanelDeps['rest']['widgetSession']>;
};

function panelFor(platformToken: PanelDeps['platformToken'] = async () => null): Panel {
  let ids = 0;
  return createPanel({
    key: 'savanna',
    rest,
    visitor: createVisitor(() => stored, window.crypto),
    platformToken,
    createChat(token) {
      tokens.push(token);
      return chat;
    },
    newId: () => `draft-${++ids}`,
    now: () => '2026-11-20T10:00:00.000Z',
  });
}

const bodies = () => chat.thread(CONVERSATION).send.mock.calls.map(([body]) => body);

beforeEach(() => {
  chat = createFakeChat();
  tokens = [];
  window.localStorage.clear();
  stored = window.localStorage;
  rest = {
    widgetConfig: jest.fn<PanelDeps['rest']['widgetConfig']>(async () => CONFIG),
    widgetSession: jest.fn<PanelDeps['rest']['widgetSession']>(async () => session(null)),
  };
});

describe('a stranger', () => {
  test('costs one request for the configuration and no storage', async () => {
    const panel = panelFor();
    await panel.start();
    expect(panel.getSnapshot()).toMatchObject({
      view: 'home',
      config: CONFIG,
      chat: null,
      isKnown: false,
    });
    expect(rest.widgetSession).not.toHaveBeenCalled();
    expect(window.localStorage).toHaveLength(0);
  });

  test('sees their first message at once, before any answer', () => {
    const panel = panelFor();
    void panel.ask('Do you ship to Norway?');
    const { view, drafts } = panel.getSnapshot();
    expect(view).toBe('thread');
    expect(drafts).toMatchObject([{ body: 'Do you ship to Norway?', state: 'sending' }]);
  });

  test('becomes a visitor with the first message: session, conversation, message', async () => {
    const panel = panelFor();
    await panel.start();
    await panel.ask('Do you ship to Norway?');
    const visitorKey = window.localStorage.getItem('servihub:visitor') ?? '';
    expect(visitorKey).toMatch(/^[0-9a-f]{32}$/);
    expect(rest.widgetSession).toHaveBeenCalledWith({ widgetKey: 'savanna', visitorKey });
    expect(chat.createConversation).toHaveBeenCalledWith({ type: 'support', businessId: BUSINESS });
    expect(chat.thread(CONVERSATION).send).toHaveBeenCalledWith('Do you ship to Norway?', {
      clientId: 'draft-1',
    });
    expect(panel.getSnapshot()).toMatchObject({
      conversationId: CONVERSATION,
      drafts: [],
      isKnown: true,
    });
  });

  test('who writes twice before the first answer makes one visitor and one conversation', async () => {
    const panel = panelFor();
    await Promise.all([panel.ask('Hello'), panel.ask('Is somebody there?')]);
    expect(rest.widgetSession).toHaveBeenCalledTimes(1);
    expect(chat.createConversation).toHaveBeenCalledTimes(1);
    expect(bodies()).toEqual(['Hello', 'Is somebody there?']);
  });

  test('keeps a message that could not go, and sends it under the same id when tried again', async () => {
    rest.widgetSession.mockRejectedValueOnce(new ChatError({ code: 'network', message: 'away' }));
    const panel = panelFor();
    await panel.ask('Hello');
    expect(panel.getSnapshot().drafts).toMatchObject([
      { state: 'failed', error: { code: 'network' } },
    ]);
    await panel.retryDrafts();
    expect(chat.thread(CONVERSATION).send).toHaveBeenCalledWith('Hello', { clientId: 'draft-1' });
    expect(panel.getSnapshot().drafts).toEqual([]);
  });

  test('who deletes the only message is home again', async () => {
    rest.widgetSession.mockRejectedValue(new ChatError({ code: 'network', message: 'away' }));
    const panel = panelFor();
    await panel.ask('Hello');
    panel.discardDraft('draft-1');
    expect(panel.getSnapshot()).toMatchObject({ view: 'home', drafts: [] });
  });

  test('in a browser without storage stays one visitor for as long as the page', async () => {
    const visitor = createVisitor(() => {
      throw new DOMException('denied', 'SecurityError');
    }, window.crypto);
    expect(visitor.key()).toBeNull();
    const key = visitor.makeKey();
    expect(visitor.key()).toBe(key);
    expect(visitor.makeKey()).toBe(key);
  });

  test('is told when the configuration does not load, and can try again', async () => {
    rest.widgetConfig.mockRejectedValueOnce(
      new ChatError({ code: 'unavailable', message: 'down' }),
    );
    const panel = panelFor();
    await panel.start();
    expect(panel.getSnapshot()).toMatchObject({ config: null, configFailed: true });
    await panel.start();
    expect(panel.getSnapshot()).toMatchObject({ config: CONFIG, configFailed: false });
  });
});

describe('a returning visitor', () => {
  const KEY = '0123456789abcdef0123456789abcdef';
  beforeEach(() => window.localStorage.setItem('servihub:visitor', KEY));

  test('is in the conversation when the panel opens', async () => {
    rest.widgetSession.mockResolvedValue(session(CONVERSATION));
    const panel = panelFor();
    await panel.start();
    expect(rest.widgetSession).toHaveBeenCalledWith({ widgetKey: 'savanna', visitorKey: KEY });
    expect(panel.getSnapshot()).toMatchObject({
      view: 'thread',
      conversationId: CONVERSATION,
      isKnown: true,
    });
    expect(chat.connect).toHaveBeenCalledTimes(1);
  });

  test('gets a fresh token through the same call when the first has ended', async () => {
    const panel = panelFor();
    await panel.start();
    expect(await tokens[0]?.()).toBe('visitor-token');
    rest.widgetSession.mockResolvedValue({ ...session(null), token: 'second' });
    expect(await tokens[0]?.()).toBe('second');
  });

  test('who is already writing is not taken away from it', async () => {
    let answer: (value: WidgetSession) => void = () => {};
    rest.widgetSession.mockReturnValue(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const panel = panelFor();
    const started = panel.start();
    const asked = panel.ask('Another question');
    answer(session('00000000-0000-4000-8000-0000000000c9'));
    await Promise.all([started, asked]);
    expect(panel.getSnapshot().conversationId).toBe(CONVERSATION);
    expect(tokens).toHaveLength(1);
  });
});

describe('a user of the platform', () => {
  test('is taken as they are: no visitor is made', async () => {
    const panel = panelFor(async () => 'platform-token');
    await panel.start();
    await panel.ask('Hello');
    expect(rest.widgetSession).not.toHaveBeenCalled();
    expect(window.localStorage).toHaveLength(0);
    expect(await tokens[0]?.()).toBe('platform-token');
    expect(bodies()).toEqual(['Hello']);
  });

  test('finds their open conversation', async () => {
    chat.cells.inbox.set({
      ...chat.cells.inbox.getSnapshot(),
      items: [inboxItem({ id: 'solved', status: 'resolved' }), inboxItem()],
    });
    const panel = panelFor(async () => 'platform-token');
    await panel.start();
    expect(panel.getSnapshot()).toMatchObject({ view: 'thread', conversationId: CONVERSATION });
  });
});

test('a message that a resolved conversation refused goes to the open one', async () => {
  const panel = panelFor();
  await panel.ask('Hello');
  const elsewhere = '00000000-0000-4000-8000-0000000000c2';
  const failed = {
    clientId: 'x',
    body: 'More',
    replyTo: null,
    createdAt: '',
    state: 'failed',
    error: null,
  } as const;
  panel.moveTo(elsewhere, failed);
  expect(chat.thread(CONVERSATION).discard).toHaveBeenCalledWith('x');
  expect(chat.thread(elsewhere).send).toHaveBeenCalledWith('More', { clientId: 'x' });
  expect(panel.getSnapshot().conversationId).toBe(elsewhere);
});
