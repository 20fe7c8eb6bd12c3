import { describe, expect, test } from '@jest/globals';
import type { Evidence } from './evidence.js';
import { check } from './index.js';
import { ack, evidence, holding, message, send, told } from './small-history.js';

const classes = (given: Evidence) => check(given).map((violation) => violation.class);
const at = { client: 'jonas', at: 2 };

test('a history in which everything went well has no violation', () => {
  const rows = [message(2, 'a'), message(3, 'b')];
  const given = evidence({
    rows,
    history: {
      sends: [send('a'), send('b')],
      acks: [ack('a', 2), ack('b', 3)],
      callbacks: told(2, 3),
    },
    holdings: [holding(3, ...rows)],
  });
  expect(check(given)).toEqual([]);
});

describe('lost', () => {
  test('an acknowledged message that is not stored', () => {
    const history = { sends: [send('a')], acks: [ack('a', 2)] };
    expect(classes(evidence({ history }))).toContain('lost');
  });

  test('not a message whose outcome nobody was told', () => {
    expect(classes(evidence({ history: { sends: [send('a')] } }))).toEqual([]);
  });

  test('an answer counts although the client pretends not to have heard it', () => {
    const acks = [{ ...ack('a', 2), heard: false }];
    expect(classes(evidence({ history: { acks } }))).toContain('lost');
  });

  test('a message that the SDK announced no one of, between two that it did', () => {
    const rows = [message(2), message(3), message(4)];
    expect(classes(evidence({ rows, history: { callbacks: told(2, 4) } }))).toEqual(['lost']);
  });

  test('not a message that was changed before the SDK could announce it', () => {
    const rows = [message(2), { ...message(3), changeSeq: 5 }, message(4)];
    expect(classes(evidence({ rows, history: { callbacks: told(2, 4) } }))).toEqual([]);
  });

  test('somebody who came back and does not reach the head', () => {
    expect(classes(evidence({ stragglers: ['jonas stands at 2 of 3 in c'] }))).toEqual(['lost']);
  });
});

describe('lost tail', () => {
  test('somebody who stayed connected and does not reach the head', () => {
    expect(classes(evidence({ laggards: ['jonas stands at 2 of 3 in c'] }))).toEqual(['lost-tail']);
  });
});

describe('unanswered', () => {
  test('a send that is neither acknowledged nor refused although everything works again', () => {
    expect(classes(evidence({ unanswered: ['jonas'] }))).toEqual(['unanswered']);
  });
});

describe('duplicated', () => {
  test('one clientId that is stored twice', () => {
    const rows = [message(2, 'a'), message(3, 'a')];
    expect(classes(evidence({ rows }))).toEqual(['duplicated']);
  });

  test('not one clientId of two senders', () => {
    const rows = [message(2, 'a'), { ...message(3, 'a'), senderId: 'jonas' }];
    expect(classes(evidence({ rows }))).toEqual([]);
  });

  test('a message that the SDK announces twice', () => {
    expect(classes(evidence({ history: { callbacks: told(2, 2) } }))).toEqual(['duplicated']);
  });
});

describe('reordered', () => {
  const rows = [message(2, 'b'), message(3, 'a')];
  const acks = [ack('a', 3), ack('b', 2)];

  test('two sends of one connection that changed places', () => {
    const history = { sends: [send('a'), send('b')], acks };
    expect(classes(evidence({ rows, history }))).toEqual(['reordered']);
  });

  test('not two sends of which the first had to be repeated', () => {
    const history = { sends: [send('a'), send('b')], acks: [ack('a', 3, null), ack('b', 2)] };
    expect(classes(evidence({ rows, history }))).toEqual([]);
  });

  test('two sends of the SDK, whatever had to be repeated', () => {
    const sends = [send('a', null, true), send('b', null, true)];
    expect(classes(evidence({ rows, history: { sends, acks } }))).toEqual(['reordered']);
  });

  test('an announcement of the SDK that goes backwards', () => {
    expect(classes(evidence({ history: { callbacks: told(3, 2) } }))).toEqual(['reordered']);
  });
});

describe('hole', () => {
  const rows = [message(2), message(3)];
  const holes = (...holdings: Evidence['holdings']) => classes(evidence({ rows, holdings }));

  test('a row up to the position that is not held', () => {
    expect(holes(holding(3, message(3)))).toEqual(['hole']);
  });

  test('not a row beyond the position', () => {
    expect(holes(holding(2, message(2)))).toEqual([]);
  });

  test('not a row before what was loaded', () => {
    expect(holes({ ...holding(3, message(3)), from: 3 })).toEqual([]);
  });

  test('a row that is held in an older state', () => {
    const edited = { ...message(2), changeSeq: 4 };
    const given = { rows: [edited, message(3)], holdings: [holding(4, message(2), message(3))] };
    expect(classes(evidence(given))).toEqual(['hole']);
  });

  test('another message under the number', () => {
    expect(holes(holding(3, message(2, 'other'), message(3)))).toEqual(['hole']);
  });

  test('a message that does not exist', () => {
    expect(holes(holding(3, ...rows, message(4)))).toEqual(['hole']);
  });

  test('a live frame whose number does not follow, and a resync without a reason', () => {
    const breaches = [
      { ...at, kind: 'gap' as const, detail: '4 came at position 2' },
      { ...at, kind: 'resync' as const, detail: 'ahead' },
    ];
    expect(classes(evidence({ history: { breaches } }))).toEqual(['hole', 'hole']);
  });

  test('not a live frame that came again, which is only counted', () => {
    const breaches = [{ ...at, kind: 'repeat' as const, detail: '2 came at position 2' }];
    expect(classes(evidence({ history: { breaches } }))).toEqual([]);
  });
});

describe('false ack', () => {
  test('a number that is another message, or none', () => {
    const rows = [message(2, 'a'), message(3, 'b')];
    const other = evidence({ rows, history: { acks: [ack('a', 3)] } });
    const none = evidence({ rows, history: { acks: [ack('a', 9)] } });
    expect([classes(other), classes(none)]).toEqual([['false-ack'], ['false-ack']]);
  });

  test('not two answers that name the same row', () => {
    const acks = [
      { ...ack('a', 2), heard: false },
      { ...ack('a', 2, null), duplicate: true },
    ];
    expect(classes(evidence({ rows: [message(2, 'a')], history: { acks } }))).toEqual([]);
  });
});

describe('stuck presence', () => {
  test('somebody who left and is shown online', () => {
    const stuck = [{ userId: 'amara', seenBy: 'jonas', status: 'online' }];
    expect(classes(evidence({ stuck }))).toEqual(['stuck-presence']);
  });
});

describe('unhealthy', () => {
  const exit = { node: 1, code: 1, signal: null };

  test('a node that ends by itself', () => {
    expect(classes(evidence({ exits: [{ ...exit, expected: false }] }))).toEqual(['unhealthy']);
  });

  test('not a node that was told to end', () => {
    expect(classes(evidence({ exits: [{ ...exit, expected: true }] }))).toEqual([]);
  });

  test.each([
    ['a rejection that nobody handled', '{"level":50,"msg":"unhandled rejection"}'],
    ['a bug of our own', '{"level":50,"err":{"type":"TypeError"},"msg":"x"}'],
    ['a message body', '{"level":30,"msg":"chaos-body d1-4"}'],
    ['a token', '{"level":30,"msg":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}'],
  ])('%s in a log', (_what, line) => {
    expect(classes(evidence({ logged: [line] }))).toEqual(['unhealthy']);
  });

  test('not trouble with what the run breaks', () => {
    const line = '{"level":40,"err":{"message":"connect ECONNREFUSED"},"msg":"redis is away"}';
    expect(classes(evidence({ logged: [line] }))).toEqual([]);
  });
});
