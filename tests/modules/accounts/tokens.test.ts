import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createSigner } from 'fast-jwt';
import { createTokens, OWN_ISSUER } from '../../../src/modules/accounts/index.js';
import { systemClock } from '../../../src/platform/clock.js';

const SECRET = 'a secret of at least thirty-two bytes, for tests only';
const OPEN = {
  jwtIssuer: undefined,
  jwtAudience: undefined,
  jwtSubjectClaim: 'sub',
  jwtMaxLifetimeS: undefined,
};
type TokenConfig = Parameters<typeof createTokens>[1];

const tokensWith = (config: Partial<TokenConfig> = {}) =>
  createTokens({ secret: SECRET, keySet: undefined }, { ...OPEN, ...config }, systemClock);
const now = () => Math.floor(Date.now() / 1_000);
const inAnHour = () => now() + 3_600;

/** Signed by hand, so that a test may say anything. */
function token(claims: object, header: object = {}, secret = SECRET): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const verify = (claims: object, config: Partial<TokenConfig> = {}) =>
  tokensWith(config).verify(token({ sub: 'somebody', exp: inAnHour(), ...claims }));
const refuse = (code: string) => expect.objectContaining({ code });
const UNAUTHORIZED = refuse('unauthorized');

describe('a token is refused', () => {
  const claims = { sub: 'somebody', exp: inAnHour() };

  test.each(['none', 'None', 'nOnE', ''])('that says its algorithm is "%s"', async (alg) => {
    const signed = token(claims, { alg });
    const unsigned = signed.replace(/[^.]+$/, '');
    for (const text of [signed, unsigned]) {
      await expect(tokensWith().verify(text)).rejects.toEqual(UNAUTHORIZED);
    }
  });

  test.each(['RS256', 'ES256', 'HS384', 'HS512', 'hs256'])('that says %s', async (alg) => {
    await expect(tokensWith().verify(token(claims, { alg }))).rejects.toEqual(UNAUTHORIZED);
  });

  test('that is really signed with RS256', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const signed = createSigner({ key: privateKey, algorithm: 'RS256' })(claims);
    await expect(tokensWith().verify(signed)).rejects.toEqual(UNAUTHORIZED);
  });

  test('that another secret has signed', async () => {
    const foreign = token(claims, {}, 'another secret of at least thirty-two bytes');
    await expect(tokensWith().verify(foreign)).rejects.toEqual(UNAUTHORIZED);
  });

  test('whose claims were changed after signing', async () => {
    const [header, , signature] = token(claims).split('.');
    const other = Buffer.from(JSON.stringify({ ...claims, sub: 'boss' })).toString('base64url');
    await expect(tokensWith().verify(`${header}.${other}.${signature}`)).rejects.toEqual(
      UNAUTHORIZED,
    );
  });

  test.each(['', 'a', 'a.b', 'a.b.c', '..', 'null', '{}.{}.x'])(
    'that is none: "%s"',
    async (text) => {
      await expect(tokensWith().verify(text)).rejects.toEqual(UNAUTHORIZED);
    },
  );

  test('that demands something we do not know by `crit`', async () => {
    await expect(tokensWith().verify(token(claims, { crit: ['x'], x: 1 }))).rejects.toEqual(
      UNAUTHORIZED,
    );
  });

  test('that expired 31 seconds ago, as `token_expired`', async () => {
    await expect(verify({ exp: now() - 31 })).rejects.toEqual(refuse('token_expired'));
  });

  test('that is not valid yet', async () => {
    await expect(verify({ nbf: now() + 60 })).rejects.toEqual(UNAUTHORIZED);
  });

  test.each([undefined, null, '2030-01-01', {}, 8_640_000_000_001])(
    'whose `exp` is %j',
    async (exp) => {
      await expect(verify({ exp })).rejects.toEqual(UNAUTHORIZED);
    },
  );

  test.each([undefined, null, '', {}, ['somebody'], true, 'a\u0000b', 'x'.repeat(501)])(
    'whose subject is %j',
    async (sub) => {
      await expect(verify({ sub })).rejects.toEqual(UNAUTHORIZED);
    },
  );

  test.each([undefined, 'https://evil.example', ['https://shop.example'], null])(
    'whose issuer is %j where one is configured',
    async (iss) => {
      await expect(verify({ iss }, { jwtIssuer: 'https://shop.example' })).rejects.toEqual(
        UNAUTHORIZED,
      );
    },
  );

  test.each([undefined, 'mail', ['mail'], {}])(
    'whose audience is %j where one is configured',
    async (aud) => {
      await expect(verify({ aud }, { jwtAudience: 'chat' })).rejects.toEqual(UNAUTHORIZED);
    },
  );

  test.each([
    ['without `iat`', {}],
    ['that lives too long', { iat: now(), exp: now() + 601 }],
    ['of the year 9999', { iat: now(), exp: 253_370_764_800 }],
  ])('%s where a lifetime is configured', async (_name, odd) => {
    await expect(verify(odd, { jwtMaxLifetimeS: 600 })).rejects.toEqual(UNAUTHORIZED);
  });
});

describe('a token is accepted', () => {
  test('that expired 29 seconds ago: clocks differ', async () => {
    expect((await verify({ exp: now() - 29 })).subject).toBe('somebody');
  });

  test('that says nothing but who and how long, as somebody of no issuer', async () => {
    const exp = inAnHour();
    expect(await verify({ exp })).toEqual({
      issuer: '',
      subject: 'somebody',
      issuedAt: 0,
      sid: null,
      jti: null,
      expiresAt: exp * 1_000,
    });
  });

  test('that keeps to issuer, audience and lifetime', async () => {
    const config = { jwtIssuer: 'shop', jwtAudience: 'chat', jwtMaxLifetimeS: 600 };
    const claims = { iss: 'shop', aud: ['mail', 'chat'], iat: now(), exp: now() + 600 };
    expect(await verify(claims, config)).toMatchObject({ issuer: 'shop', subject: 'somebody' });
  });

  test('with what it can be revoked by', async () => {
    const iat = now();
    const said = { iat, sid: 'login', jti: 'one' };
    expect(await verify(said)).toMatchObject({ issuedAt: iat * 1_000, sid: 'login', jti: 'one' });
    expect(await verify({ iat: 'x', sid: 7, jti: {} })).toMatchObject({ issuedAt: 0, sid: null });
  });

  test('whose subject stands in another claim, or is a number', async () => {
    expect((await verify({ user_id: 42 }, { jwtSubjectClaim: 'user_id' })).subject).toBe('42');
  });

  test('that the service made itself, whatever is configured for others', async () => {
    const tokens = tokensWith({
      jwtIssuer: 'shop',
      jwtAudience: 'chat',
      jwtSubjectClaim: 'user_id',
      jwtMaxLifetimeS: 60,
    });
    const { token: own, expiresAt } = tokens.issue('visitor:1', 3_600, 'the-login');
    expect(await tokens.verify(own)).toEqual({
      issuer: OWN_ISSUER,
      subject: 'visitor:1',
      issuedAt: expect.any(Number),
      sid: 'the-login',
      jti: null,
      expiresAt: Date.parse(expiresAt),
    });
  });
});

describe('what a token says about a person is cleaned', () => {
  test('a name loses control characters and direction marks and is cut at 120', async () => {
    expect((await verify({ name: 'Ev\u0000il\n\u202eevil\u2066' })).name).toBe('Evilevil');
    expect((await verify({ name: 'n'.repeat(300) })).name).toHaveLength(120);
  });

  test('an address of e-mail and a business lose control characters', async () => {
    expect(await verify({ email: 'a\u0000@b.example', businessId: 'x\u0000' })).toMatchObject({
      email: 'a@b.example',
      businessId: 'x',
    });
  });

  test('what is empty or no text is as if it were not there', async () => {
    const odd = { name: '\u0000', email: '', avatar: 7, role: ['ADMIN'], businessId: {} };
    const facts = ['issuer', 'subject', 'issuedAt', 'sid', 'jti', 'expiresAt'];
    expect(Object.keys(await verify(odd))).toEqual(facts);
  });

  test.each([
    'javascript:alert(1)',
    'http://plain.example/a.png',
    'data:image/png;base64,AA',
    '/a',
  ])('a picture at %s is dropped', async (avatar) => {
    expect((await verify({ avatar })).avatar).toBeUndefined();
  });

  test('a picture is taken from `avatar` or `picture`', async () => {
    expect((await verify({ avatar: 'https://a.example/1' })).avatar).toBe('https://a.example/1');
    expect((await verify({ picture: 'https://a.example/2' })).avatar).toBe('https://a.example/2');
  });

  test('a role counts in any case, and an unknown one does not', async () => {
    expect((await verify({ role: 'agent' })).role).toBe('AGENT');
    expect((await verify({ role: 'ROOT' })).role).toBeUndefined();
  });
});
