import { describe, expect, test } from '@jest/globals';
import {
  firstUnread,
  type TimelineEntry,
  timeline,
} from '../../../client/dashboard/conversation/timeline';
import type { PendingMessage } from '../../../client/sdk';
import { amara, maya, message } from './fixtures';

const pending: PendingMessage = {
  clientId: 'p1',
  body: 'On its way',
  replyTo: null,
  createdAt: message(4, maya, '').createdAt,
  state: 'sending',
  error: null,
};
const messages = [message(1, amara, 'one'), message(2, amara, 'two'), message(3, maya, 'three')];

const outline = (entries: readonly TimelineEntry[]) =>
  entries.map((entry) =>
    entry.kind === 'run' ? entry.items.map(({ body }) => body).join(' ') : entry.kind,
  );

describe('the timeline', () => {
  test('joins what one person says in a row, pending messages included', () => {
    const entries = timeline({ messages, pending: [pending], me: maya, unreadFrom: null });
    expect(outline(entries)).toEqual(['day', 'one two', 'three On its way']);
  });

  test('the unread line cuts a run in two', () => {
    const entries = timeline({ messages, pending: [], me: maya, unreadFrom: 2 });
    expect(outline(entries)).toEqual(['day', 'one', 'unread', 'two', 'three']);
  });

  test('the unread line stands after the day, before a run that is wholly unread', () => {
    const entries = timeline({ messages, pending: [], me: maya, unreadFrom: 1 });
    expect(outline(entries)).toEqual(['day', 'unread', 'one two', 'three']);
  });

  test('a message that is not loaded draws no line', () => {
    const entries = timeline({ messages, pending: [], me: maya, unreadFrom: 99 });
    expect(outline(entries)).toEqual(['day', 'one two', 'three']);
  });

  test('a bubble keeps its key when it is acknowledged', () => {
    const key = (entries: readonly TimelineEntry[]) =>
      entries.flatMap((entry) => (entry.kind === 'run' ? entry.items.map((line) => line.key) : []));
    const before = timeline({ messages: [], pending: [pending], me: maya, unreadFrom: null });
    const stored = message(4, maya, 'On its way', { clientId: 'p1' });
    const after = timeline({ messages: [stored], pending: [], me: maya, unreadFrom: null });
    expect(key(before)).toEqual(key(after));
  });
});

describe('the first unread message', () => {
  test('is somebody else’s, above the reader’s mark', () => {
    expect(firstUnread(messages, 1, maya.id)).toBe(2);
    expect(firstUnread(messages, 2, maya.id)).toBeNull();
  });

  test('is none when everything loaded is new: a line above it all would say nothing', () => {
    expect(firstUnread(messages, 0, maya.id)).toBeNull();
  });
});
