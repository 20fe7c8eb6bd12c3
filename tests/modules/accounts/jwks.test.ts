import { createHmac, createSecretKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createKeySet, createTokens, OWN_ISSUER } from '../../../src/modules/accounts/index.js';
import {
  type Algorithm,
  createKey,
  type Issuer,
  type IssuerKey,
  signWith,
  startIssuer,
} from '../../support/issuer.js';

const SECRET = 'a secret of at least thirty-two bytes, for tests only';
const OPEN = {
  jwtIssuer: undefined,
  jwtAudience: undefined,
  jwtSubjectClaim: 'sub',
  jwtMaxLifetimeS: undefined,
};
const MINUTE = 60_000;
const rsa = createKey('RS256', 'rsa');
const ec = createKey('ES256', 'ec');
const ed = createKey('EdDSA', 'ed');
const claims = { sub: 'somebody' };
const UNAUTHORIZED = expect.objectContaining({ code: 'unauthorized' });

let issuer: Issuer;
let time: number;
let lines: string[];
let tokens: ReturnType<typeof createTokens>;

beforeEach(async () => {
  issuer = await startIssuer([rsa.jwk, ec.jwk, ed.jwk]);
  time = Date.now();
  lines = [];
  tokens = tokensOf(issuer.url);
});
afterEach(() => issuer.close());

function tokensOf(url: string) {
  const clock = { now: () => time };
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  return createTokens({ secret: SECRET, keySet: createKeySet({ url, clock, log }) }, OPEN, clock);
}

function signWithSecret(payload: object, header: object = {}, secret: string | Buffer = SECRET) {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const input = `${encode({ alg: 'HS256', ...header })}.${encode({ exp, ...payload })}`;
  const key = createSecretKey(Buffer.from(secret));
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}

const refused = (token: string) => expect(tokens.verify(token)).rejects.toEqual(UNAUTHORIZED);
const accepted = async (token: string) =>
  expect((await tokens.verify(token)).subject).toBe('somebody');

describe('a token of the platform is accepted', () => {
  test.each([rsa, ec, ed])('signed with $algorithm, and its key is fetched once', async (key) => {
    await Promise.all(Array.from({ length: 20 }, () => accepted(signWith(key, claims))));
    expect(issuer.fetches).toBe(1);
  });

  test('without a `kid` when just one key fits its algorithm', async () => {
    await accepted(signWith(ec, claims, { kid: undefined }));
    issuer.serve([rsa.jwk, createKey('RS256', 'other').jwk]);
    tokens = tokensOf(issuer.url);
    await refused(signWith(rsa, claims, { kid: undefined }));
  });

  test('and one of our own beside it, signed with the secret', async () => {
    const { token } = tokens.issue('somebody', 60);
    await accepted(token);
    expect(issuer.fetches).toBe(0);
  });
});

describe('a token is refused', () => {
  test('of the platform that is signed with the secret, and of ours that is signed with a key', async () => {
    await refused(signWithSecret(claims));
    await refused(signWithSecret({ ...claims, iss: 'https://id.example' }));
    await refused(signWith(rsa, { ...claims, iss: OWN_ISSUER }));
  });

  test('whose HMAC is made with a public key, in any writing', async () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const own = { ...claims, iss: OWN_ISSUER };
    for (const secret of [pem, `\n${pem}`, `# key\n${pem}`, pem.trim(), JSON.stringify(rsa.jwk)])
      for (const alg of ['HS256', 'RS256'])
        await refused(signWithSecret(own, { alg, kid: 'rsa' }, secret));
  });

  test.each(['none', 'None', 'nOnE', '', 'HS384', 'RS512', 'PS256', 'rs256', 7, null])(
    'whose algorithm is said to be %j',
    async (alg) => {
      const token = signWith(rsa, claims, { alg });
      await refused(token);
      await refused(token.replace(/[^.]+$/, ''));
    },
  );

  test.each([
    ['RS256', ec],
    ['ES256', ed],
    ['EdDSA', rsa],
  ] as [Algorithm, IssuerKey][])('that says %s with a key of another family', async (alg, key) => {
    await refused(signWith(key, claims, { alg }));
  });

  test('that brings its own key, or names another address', async () => {
    const forger = createKey('RS256', 'rsa');
    const other = await startIssuer([forger.jwk]);
    await refused(signWith(forger, claims, { jwk: forger.jwk, jku: other.url, x5u: other.url }));
    await refused(signWith(forger, claims, { kid: undefined, jwk: forger.jwk, x5c: ['AA=='] }));
    expect(other.fetches).toBe(0);
    await other.close();
  });

  test('that demands something we do not know by `crit`', async () => {
    await refused(signWith(rsa, claims, { crit: ['x'], x: 1 }));
  });

  test('whose key is unknown, however many there are, with one fetch in 30 seconds', async () => {
    const kids = ['nobody', '../../etc/passwd', 'x'.repeat(10_000), '', {}, ['rsa'], 7, null];
    for (const kid of kids) await refused(signWith(rsa, claims, { kid }));
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => refused(signWith(rsa, claims, { kid: `${n}` }))),
    );
    expect(issuer.fetches).toBe(1);
    time += MINUTE / 2;
    await refused(signWith(rsa, claims, { kid: 'nobody' }));
    await refused(signWith(rsa, claims, { kid: 'nobody' }));
    expect(issuer.fetches).toBe(2);
    await accepted(signWith(rsa, claims));
  });

  test('whose key is for encryption, for another algorithm, too short, or no key at all', async () => {
    const weak = createKey('RS256', 'weak', 1_024);
    const others = [
      { ...rsa.jwk, kid: 'enc', use: 'enc' },
      { ...rsa.jwk, kid: 'ops', key_ops: ['encrypt'] },
      { ...rsa.jwk, kid: 'alg', alg: 'PS256' },
      { ...rsa.jwk, kid: 'broken', n: 7 },
      { kty: 'oct', kid: 'oct', k: 'AAAA' },
      weak.jwk,
      null,
      'key',
    ] as (typeof rsa.jwk)[];
    issuer.serve([...others, ec.jwk]);
    for (const kid of ['enc', 'ops', 'alg', 'broken', 'oct'])
      await refused(signWith(rsa, claims, { kid }));
    await refused(signWith(weak, claims));
    await accepted(signWith(ec, claims));
  });
});

describe('keys are rotated', () => {
  test('without a refusal of an old or a new token under load', async () => {
    const next = createKey('RS256', 'next');
    await accepted(signWith(rsa, claims));
    time += MINUTE / 2;
    issuer.serve([rsa.jwk, next.jwk]);
    const both = [signWith(rsa, claims), signWith(next, claims)];
    await Promise.all(Array.from({ length: 200 }, (_, n) => accepted(both[n % 2] as string)));
    expect(issuer.fetches).toBe(2);
  });

  test('and a withdrawn key is refused once five minutes have passed', async () => {
    const token = signWith(rsa, claims);
    await accepted(token);
    issuer.serve([ec.jwk]);
    time += 5 * MINUTE;
    await accepted(token);
    await settled(() => issuer.fetches === 2);
    await eventually(() => refused(token));
  });
});

describe('while the keys are out of reach', () => {
  test('those that are known are good for a day', async () => {
    await accepted(signWith(rsa, claims));
    await issuer.close();
    time += 24 * 60 * MINUTE - 1;
    await accepted(signWith(rsa, claims));
    await refused(signWith(rsa, claims, { kid: 'unknown' }));
    time += 1;
    await expect(tokens.verify(signWith(rsa, claims))).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterMs: 2_000,
    });
  });

  test('a node that has none says so, and serves as soon as it has', async () => {
    const away = (response: { destroy(): void }) => response.destroy();
    issuer.answer(away);
    const token = signWith(rsa, claims);
    const unavailable = expect.objectContaining({ code: 'unavailable' });
    await expect(tokens.verify(token)).rejects.toEqual(unavailable);
    await expect(tokens.verify(token)).rejects.toEqual(unavailable);
    expect(issuer.fetches).toBe(1);
    issuer.serve([rsa.jwk]);
    time += 2_000;
    await accepted(token);
  });

  test('that is logged once when it begins and once when it ends, without a secret', async () => {
    const url = `${issuer.url}?key=hunter2`;
    tokens = tokensOf(url);
    issuer.answer((response) => response.destroy());
    for (let n = 0; n < 3; n++) {
      await expect(tokens.verify(signWith(rsa, claims))).rejects.toThrow();
      time += MINUTE;
    }
    issuer.serve([rsa.jwk]);
    await accepted(signWith(rsa, claims));
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([40, 30]);
    expect(lines.join('')).not.toContain('hunter2');
  });
});

describe('an answer is not taken', () => {
  test.each<[string, Parameters<Issuer['answer']>[0]]>([
    ['a redirect', (response) => void response.writeHead(302, { location: '/keys' }).end()],
    [
      'an error',
      (response) => void response.writeHead(500).end(JSON.stringify({ keys: [rsa.jwk] })),
    ],
    ['no JSON', (response) => void response.end('<html>hunter2</html>')],
    ['no list', (response) => void response.end('{"keys":{}}')],
    ['an empty list', (response) => void response.end('{"keys":[]}')],
    ['null', (response) => void response.end('null')],
    [
      '256 KiB and more',
      (response) =>
        void response.end(JSON.stringify({ keys: [rsa.jwk], pad: 'x'.repeat(262_144) })),
    ],
  ])('that is %s; the keys known before stay', async (_what, answer) => {
    await accepted(signWith(rsa, claims));
    issuer.answer(answer);
    time += MINUTE;
    await refused(signWith(rsa, claims, { kid: 'unknown' }));
    expect(issuer.fetches).toBe(2);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('hunter2');
    await accepted(signWith(rsa, claims));
  });
});

async function settled(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** The answer is on its way: what it changes shows once it is here. */
async function eventually(check: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const error = await check().then(
      () => null,
      (cause: Error) => cause,
    );
    if (error === null) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
