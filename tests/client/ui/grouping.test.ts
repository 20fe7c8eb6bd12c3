import { describe, expect, test } from '@jest/globals';
import { groupMessages } from '../../../client/ui/grouping';

const dayOf = (at: string) => at.slice(0, 10);
const said = (senderId: string, at: string, kind: 'text' | 'system' = 'text') => ({
  senderId,
  createdAt: `${at}:00Z`,
  kind,
});

function shape(items: ReturnType<typeof said>[]) {
  return groupMessages(items, dayOf).map((entry) => {
    if (entry.kind === 'day') return entry.day;
    return entry.kind === 'system' ? 'system' : `${entry.senderId} x${entry.items.length}`;
  });
}

describe('grouping of messages', () => {
  test('an empty conversation has no entries', () => {
    expect(shape([])).toEqual([]);
  });

  test('neighbours of one speaker make one run below their day', () => {
    const items = [said('ann', '2026-11-20T10:00'), said('ann', '2026-11-20T10:02')];
    expect(shape(items)).toEqual(['2026-11-20', 'ann x2']);
  });

  test('another speaker begins another run', () => {
    const items = [
      said('ann', '2026-11-20T10:00'),
      said('ben', '2026-11-20T10:01'),
      said('ann', '2026-11-20T10:02'),
    ];
    expect(shape(items)).toEqual(['2026-11-20', 'ann x1', 'ben x1', 'ann x1']);
  });

  test('a silence of more than five minutes begins another run', () => {
    const items = [said('ann', '2026-11-20T10:00'), said('ann', '2026-11-20T10:06')];
    expect(shape(items)).toEqual(['2026-11-20', 'ann x1', 'ann x1']);
  });

  test('midnight parts a run, however close its messages are', () => {
    const items = [said('ann', '2026-11-20T23:59'), said('ann', '2026-11-21T00:00')];
    expect(shape(items)).toEqual(['2026-11-20', 'ann x1', '2026-11-21', 'ann x1']);
  });

  test('a system line stands alone and parts the run around it', () => {
    const items = [
      said('ann', '2026-11-20T10:00'),
      said('ann', '2026-11-20T10:01', 'system'),
      said('ann', '2026-11-20T10:02'),
    ];
    expect(shape(items)).toEqual(['2026-11-20', 'ann x1', 'system', 'ann x1']);
  });
});
