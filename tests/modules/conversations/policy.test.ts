import { describe, expect, test } from '@jest/globals';
import {
  decodeListCursor,
  encodeListCursor,
} from '../../../src/modules/conversations/list-cursor.js';
import {
  canAskForSupport,
  canSee,
  canSend,
  canSetStatus,
} from '../../../src/modules/conversations/policy.js';
import { routeOf } from '../../../src/modules/conversations/routing.js';
import { fakeCaller } from '../../realtime/fakes.js';

const access = (rights: object) => ({
  conversationId: 'c',
  type: 'support' as const,
  businessId: 'b',
  customerId: 'u',
  members: [],
  isParticipant: false,
  isStaff: false,
  ...rights,
});
const stranger = access({});
const customer = access({ isParticipant: true });
const staff = access({ isStaff: true });
const member = access({ type: 'direct', businessId: null, customerId: null, isParticipant: true });

describe('rights in a conversation', () => {
  test.each([
    ['nobody sees what does not exist', canSee(null), false],
    ['a stranger does not see it', canSee(stranger), false],
    ['a stranger does not write', canSend(stranger), false],
    ['a stranger does not resolve', canSetStatus(stranger), false],
    ['a customer does not resolve', canSetStatus(customer), false],
    ['a direct conversation is never resolved', canSetStatus(member), false],
    ['not even by staff', canSetStatus({ ...member, isStaff: true }), false],
    ['a customer sees it', canSee(customer), true],
    ['staff see it', canSee(staff), true],
    ['a member sees it', canSee(member), true],
    ['a customer writes', canSend(customer), true],
    ['staff write', canSend(staff), true],
    ['staff resolve', canSetStatus(staff), true],
  ])('%s', (_rule, decision, expected) => {
    expect(decision).toBe(expected);
  });

  test('staff ask for support of other businesses only', () => {
    const caller = fakeCaller({ staffOf: ['own'] });
    expect(canAskForSupport(caller, 'own')).toBe(false);
    expect(canAskForSupport(caller, 'other')).toBe(true);
  });
});

describe('frames of a conversation go to', () => {
  test('all staff and the customer', () => {
    expect(routeOf({ businessId: 'b', customerId: 'u', members: null })).toEqual([
      'business:b',
      'user:u',
    ]);
  });

  test('the people of a direct one', () => {
    expect(routeOf({ businessId: null, customerId: null, members: ['a', 'b'] })).toEqual([
      'user:a',
      'user:b',
    ]);
  });
});

describe('the cursor of a list', () => {
  const id = '00000000-0000-4000-8000-000000000001';
  const at = '2026-01-02T03:04:05.678Z';
  const cursor = (text: string) => Buffer.from(text).toString('base64url');

  test.each([
    '',
    'AAAA',
    cursor(at),
    cursor(`${at} `),
    cursor(`${at} ${'-'.repeat(36)}`),
    cursor(`${at} ${id}'`),
    cursor(`2026-99-99T99:99:99.999Z ${id}`),
    cursor(`2026-01-02 ${id}`),
    cursor(`now ${id}`),
  ])('%j is not one', (text) => {
    expect(() => decodeListCursor(text)).toThrow(expect.objectContaining({ code: 'bad_cursor' }));
  });

  test('comes back as it went', () => {
    expect(decodeListCursor(encodeListCursor({ at, id }))).toEqual({ at, id });
  });
});
