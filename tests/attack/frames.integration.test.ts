import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { frame, json, OPCODE, Peer, type Received, request, UPGRADE } from './raw.js';
import { START_MS, startTarget, type Target } from './target.js';

/** Recognisable in a log, whatever it was part of. */
const CANARY = 'canary-4f1d-of-frames';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
}, START_MS);
afterAll(() => target.stop());

const unharmed = () => target.expectUnharmed([CANARY]);

const message = JSON.stringify({ type: 'message', body: CANARY });

describe('a frame that breaks the protocol closes its connection', () => {
  afterAll(unharmed);

  test.each<[string, Buffer, number]>([
    ['without a mask', frame(message, { mask: false }), 1002],
    ['with the second reserved bit', frame(message, { rsv: 0b010 }), 1002],
    ['with the third reserved bit', frame(message, { rsv: 0b001 }), 1002],
    ['that claims to be compressed', frame(message, { rsv: 0b100 }), 1002],
    ['of a reserved opcode', frame(message, { opcode: 3 }), 1002],
    ['of a reserved opcode of control', frame(message, { opcode: 11 }), 1002],
    ['of control in fragments', frame('', { opcode: OPCODE.ping, fin: false }), 1002],
    ['of control with 126 bytes', frame('x'.repeat(126), { opcode: OPCODE.ping }), 1002],
    ['that continues nothing', frame(message, { opcode: OPCODE.next }), 1002],
    ['that begins within another', Buffer.concat([part('{'), frame(message)]), 1002],
    [
      'whose continuation claims to be compressed',
      Buffer.concat([part('{'), next(message, 4)]),
      1002,
    ],
    ['that closes with one byte', frame('x', { opcode: OPCODE.close }), 1002],
    ['that closes with a code that is never sent', closing(1005), 1002],
    ['that closes with a code of nobody', closing(999), 1002],
    ['that closes with a reason that is no UTF-8', closing(1000, [0xc3, 0x28]), 1007],
    ['of binary data', frame(message, { opcode: OPCODE.binary }), 1003],
    ['of an overlong zero', frame(bytes(0xc0, 0x80)), 1007],
    ['of half a surrogate pair', frame(bytes(0xed, 0xa0, 0x80)), 1007],
    ['beyond the last code point', frame(bytes(0xf4, 0x90, 0x80, 0x80)), 1007],
    ['that ends within a character', frame(bytes(0xe2, 0x82)), 1007],
    [
      'whose fragments end within a character',
      Buffer.concat([part(bytes(0xe2)), next(bytes(0x82))]),
      1007,
    ],
    ['of 64 KiB and one byte', frame('x'.repeat(65_537)), 1009],
    ['that only claims 64 KiB and one byte', frame('', { claims: 65_537 }), 1009],
    ['that claims 4 GiB', frame('', { claims: 2 ** 32 }), 1009],
    ['that claims 2^53 bytes', frame('', { claims: 2 ** 53 }), 1009],
    ['that claims 2^63 bytes', frame('', { claims: 2n ** 63n }), 1009],
    [
      'of two fragments of 40 KiB',
      Buffer.concat([part('x'.repeat(40_960)), next('x'.repeat(40_960))]),
      1009,
    ],
  ])('%s', async (_what, attack, code) => {
    const peer = await target.connect();
    peer.write(attack);
    // Nothing after it counts.
    peer.write(json({ type: 'message', body: CANARY }));
    expect(await peer.closeCode()).toBe(code);
  });
});

test('a peer that breaks the protocol and does not answer the close is cut off', async () => {
  const peer = await target.connect();
  peer.write(frame(message, { mask: false }));
  await peer.ended;
});

describe('a frame of an unusual form is taken for what it is', () => {
  afterAll(unharmed);

  test.each<[string, Buffer]>([
    ['a length that is longer than it has to be', frame(ping(), { lengthBits: 64 })],
    ['fragments of one byte, with a ping between them', shredded(ping())],
    [
      'empty fragments',
      Buffer.concat([part(''), ...Array(50).fill(next('', 0, false)), next(ping())]),
    ],
    [
      'a mask of zeros',
      Buffer.concat([Buffer.from([0x81, 0x80 | ping().length, 0, 0, 0, 0]), Buffer.from(ping())]),
    ],
  ])('%s', async (_what, bytes) => {
    const peer = await target.connect();
    peer.write(bytes);
    await peer.text(({ type, id }) => type === 'pong' && id === CANARY);
    peer.destroy();
  });

  test('a frame that comes byte by byte', async () => {
    const peer = await target.connect();
    for (const byte of frame(ping())) {
      peer.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await peer.text(({ type, id }) => type === 'pong' && id === CANARY);
    peer.destroy();
  });
});

describe('what is not a command is refused with `bad_frame`, and the third time with 4400', () => {
  afterAll(unharmed);

  test.each<[string, string]>([
    ['nothing', ''],
    ['NUL', '\u0000'],
    ['a byte order mark before it', `\ufeff${message}`],
    ['text after it', `${message}x`],
    ['two in one frame', `${message}${message}`],
    ['null', 'null'],
    ['a list of commands', `[${message}]`],
    ['NaN', '{"type":"read","seq":NaN}'],
    ['a number beyond all', '{"type":"read","seq":1e999}'],
    ['a number with a fraction', '{"type":"read","seq":1.5}'],
    ['a negative number', '{"type":"read","seq":-1}'],
    ['a number of text', '{"type":"read","seq":"1"}'],
    ['a type that everything has', '{"type":"constructor"}'],
    ['a type of prototypes', '{"type":"__proto__"}'],
    ['a type that is a list', '{"type":["message"],"body":"x"}'],
    ['a type with a capital', '{"type":"Message","body":"x"}'],
    ['a type with a NUL', '{"type":"message\\u0000","body":"x"}'],
    ['a frame of the server', '{"type":"ready"}'],
    ['a prototype', '{"type":"message","body":"x","__proto__":{"senderId":"y"}}'],
    ['a constructor', '{"type":"message","body":"x","constructor":{"prototype":{"a":1}}}'],
    ['a type by prototype', '{"__proto__":{"type":"message","body":"x"}}'],
    ['a body that is an object', '{"type":"message","body":{"toString":"x"}}'],
    [
      'a body by duplicate keys, the last of which counts',
      '{"type":"message","body":"x","body":7}',
    ],
    ['lists 30,000 deep', `{"type":"message","body":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['lists that do not end', '['.repeat(65_000)],
    [
      '5,000 fields',
      JSON.stringify(
        Object.fromEntries([
          ['type', 'ping'],
          ...Array.from({ length: 5_000 }, (_, i) => [`f${i}`, 1]),
        ]),
      ),
    ],
    [
      '101 conversations',
      JSON.stringify({
        type: 'sync',
        conversations: Array(101).fill({ id: '0'.repeat(36), after: 0 }),
      }),
    ],
    ['a conversation by SQL', `{"type":"message","body":"x","conversationId":"' OR 1=1 --"}`],
    ['an id that is an object', '{"type":"ping","id":{"$ne":1}}'],
    ['an id of 65 characters', `{"type":"ping","id":"${'x'.repeat(65)}"}`],
    ['an id of nothing', '{"type":"ping","id":""}'],
    ...[
      'id',
      'senderId',
      'seq',
      'changeSeq',
      'createdAt',
      'role',
      'tenantId',
      'businessId',
      'kind',
      'sender',
      'requestHash',
      'userId',
      'editedAt',
    ].map((name): [string, string] => [
      `its own \`${name}\``,
      `{"type":"message","body":"x","${name}":${name === 'id' ? 7 : '"x"'}}`,
    ]),
    ...['x'.repeat(65), '😀', '', 'a b', "a'b", '\\u0000', 'a\\n'].map(
      (clientId): [string, string] => [
        `the clientId "${clientId.slice(0, 8)}"`,
        `{"type":"message","body":"x","clientId":"${clientId}"}`,
      ],
    ),
    ['a clientId that is an object', '{"type":"message","body":"x","clientId":{"$ne":""}}'],
    ['a status that is none', '{"type":"status","status":"busy"}'],
    ['the status of somebody else', '{"type":"status","status":"away","userId":"x"}'],
    ['a token that is a list', '{"type":"auth","token":["x"]}'],
    ['a token of 9,000 characters', `{"type":"auth","token":"${'x'.repeat(9_000)}"}`],
  ])('%s', async (_what, text) => {
    const peer = await target.connect();
    for (let count = 0; count < 3; count++) peer.write(frame(text));
    for (let count = 0; count < 3; count++)
      expect(await peer.text(isAnswer)).toMatchObject({ code: 'bad_frame' });
    expect(await peer.closeCode()).toBe(4400);
  });
});

describe('a flood costs its sender the connection, and the node no memory', () => {
  afterAll(unharmed);

  test('of fragments of one byte: a frame is at most 16,384 of them', async () => {
    const peer = await target.connect();
    peer.write(Buffer.concat([part('x'), ...Array(20_000).fill(next('x', 0, false))]));
    expect([1008, 1009]).toContain(await peer.closeCode());
  });

  test('of pings from a peer that reads no answers', async () => {
    const peer = await target.connect();
    peer.socket.pause();
    const pings = Buffer.concat(Array(2_000).fill(frame('x'.repeat(125), { opcode: OPCODE.ping })));
    for (let count = 0; count < 50; count++) {
      if (!peer.socket.write(pings) && peer.socket.writableLength > 8 << 20) break;
      await new Promise(setImmediate);
    }
    await target.expectUnharmed();
    peer.destroy();
  });

  test('of commands, all in one packet', async () => {
    const peer = await target.connect();
    peer.write(Buffer.concat(Array(20_000).fill(json({ type: 'ping' }))));
    expect([1008, 4429]).toContain(await peer.closeCode());
  });

  test('of the largest frames, none of which is a command', async () => {
    const peer = await target.connect();
    peer.write(Buffer.concat(Array(200).fill(frame('['.repeat(65_536)))));
    expect([1008, 4400, 4429]).toContain(await peer.closeCode());
  });

  test('of commands behind the upgrade request, before it is answered', async () => {
    const peer = await Peer.connect(target.port);
    const { token } = target.customer;
    const upgrade = request('GET', '/ws', [...UPGRADE, `Authorization: Bearer ${token}`]);
    peer.write(Buffer.concat([upgrade, ...Array(100).fill(json({ type: 'ping' }))]));
    expect((await peer.answer()).status).toBe(101);
    expect(await peer.closeCode()).toBe(1008);
  });

  test('of connections that are reset while they are being let in', async () => {
    const { token } = target.customer;
    const upgrade = request('GET', '/ws', [...UPGRADE, `Authorization: Bearer ${token}`]);
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        const peer = await Peer.connect(target.port);
        peer.write(upgrade);
        peer.socket.resetAndDestroy();
      }),
    );
  });

  test('of connections that are reset within a frame', async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => target.connect()));
    for (const peer of peers) {
      peer.write(frame(message).subarray(0, 20));
      peer.socket.resetAndDestroy();
    }
  });
});

describe('an upgrade', () => {
  afterAll(unharmed);

  test('rubbish behind the upgrade request closes the connection with 1002', async () => {
    const peer = await Peer.connect(target.port);
    const upgrade = request('GET', '/ws', [
      ...UPGRADE,
      `Authorization: Bearer ${target.customer.token}`,
    ]);
    peer.write(Buffer.concat([upgrade, Buffer.from('GET /api/me HTTP/1.1\r\n\r\n')]));
    expect((await peer.answer()).status).toBe(101);
    expect(await peer.closeCode()).toBe(1002);
  });

  test('compression is not agreed upon', async () => {
    const peer = await Peer.connect(target.port);
    const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';
    const headers = [...UPGRADE, offer, `Authorization: Bearer ${target.customer.token}`];
    peer.write(request('GET', '/ws', headers));
    const { status, headers: answered } = await peer.answer();
    expect([status, answered['sec-websocket-extensions']]).toEqual([101, undefined]);
    peer.destroy();
  });
});

function isAnswer({ type }: Received): boolean {
  return type === 'error' || type === 'ack';
}

function ping(): string {
  return JSON.stringify({ type: 'ping', id: CANARY });
}

function bytes(...values: number[]): Buffer {
  return Buffer.from(values);
}

function part(payload: string | Buffer): Buffer {
  return frame(payload, { fin: false });
}

function next(payload: string | Buffer, rsv = 0, fin = true): Buffer {
  return frame(payload, { opcode: OPCODE.next, rsv, fin });
}

function closing(code: number, reason: number[] = []): Buffer {
  return frame(Buffer.from([code >> 8, code & 0xff, ...reason]), { opcode: OPCODE.close });
}

function shredded(text: string): Buffer {
  const [first = '', ...others] = text;
  const last = others.pop() ?? '';
  const between = others.map((char) => next(char, 0, false));
  return Buffer.concat([part(first), ...between, frame('', { opcode: OPCODE.ping }), next(last)]);
}
