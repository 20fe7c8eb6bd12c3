import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, generateSecret, loadConfig } from '../src/config.js';

const SECRET = 'a secret of at least thirty-two bytes, for tests only';
const DATABASE_URL = 'postgresql://chat:hunter2@db.example:5432/chat';

/** What is said about an environment that is wrong. */
function problemsOf(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('The configuration was accepted');
}

describe('refused is', () => {
  test.each([
    ['PORT', ['abc', '-1', '65536', '3000.5', '0x10', '1e3']],
    ['DATABASE_URL', ['localhost', 'mysql://db.example/chat', 'https://db.example']],
    ['REDIS_URL', ['localhost:6379', 'http://cache.example']],
    [
      'JWT_JWKS_URL',
      [
        'id.example/keys',
        'http://id.example/keys',
        'http://127.0.0.1.example/keys',
        'https://user:hunter2@id.example/keys',
        'file:///keys.json',
      ],
    ],
    ['JWT_MAX_LIFETIME_S', ['59', '31536001', '1h']],
    ['CORS_ORIGIN', ['*', 'shop.example', 'https://shop.example/', 'https://a.example,null']],
    [
      'TRUST_PROXY',
      ['true', '100', '10.0.0.0/33', '999.1.1.1', 'loopback', '10.0.0.1,', '::1/129'],
    ],
    ['DATABASE_POOL_MAX', ['1', '501']],
    ['DRAIN_MS', ['-1', '300001']],
    ['LOG_LEVEL', ['verbose', 'INFO']],
    ['LIMIT_MESSAGES_BURST', ['0']],
    ['LIMIT_MESSAGES_PER_SECOND', ['0']],
    ['LIMIT_CONNECTIONS_PER_USER', ['0']],
    ['LIMIT_CONNECTIONS', ['0']],
    ['LIMIT_UPGRADES_PER_IP_PER_SECOND', ['0']],
    ['LIMIT_UPGRADES_PER_SECOND', ['0']],
    ['LIMIT_REQUESTS_PER_MINUTE', ['0']],
    ['LIMIT_LOGINS_PER_MINUTE', ['0']],
    ['LIMIT_VISITORS_PER_MINUTE', ['0']],
  ])('a wrong %s', (name, values) => {
    for (const value of values) expect(problemsOf({ [name]: value })).toContain(`  ${name} must`);
  });

  test('every wrong variable at once, each on a line of its own', () => {
    const message = problemsOf({
      PORT: 'abc',
      DATABASE_URL: 'x',
      LOG_LEVEL: 'y',
      CORS_ORIGIN: '*',
    });
    const lines = message.split('\n').slice(1);
    expect(lines.map((line) => line.trim().split(' ')[0]).sort()).toEqual([
      'CORS_ORIGIN',
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
    ]);
  });

  test('a URL without its password being shown', () => {
    const message = problemsOf({
      DATABASE_URL: 'mysql://chat:hunter2@db.example/chat',
      REDIS_URL: 'http://:hunter2@cache.example',
    });
    expect(message).not.toContain('hunter2');
    expect(message).not.toContain('example');
  });

  test('production without a database and a secret of its own', () => {
    const message = problemsOf({ NODE_ENV: 'production' });
    expect(message).toContain('DATABASE_URL is required');
    expect(message).toContain('JWT_SECRET must have at least 32 bytes');
  });

  test('production with keys by plain http, even from this machine', () => {
    const env = { NODE_ENV: 'production', DATABASE_URL, JWT_SECRET: SECRET };
    const problems = problemsOf({ ...env, JWT_JWKS_URL: 'http://localhost:8080/keys' });
    expect(problems).toContain('JWT_JWKS_URL must be an https:// URL');
  });

  test('production with a short secret, which is not shown', () => {
    const message = problemsOf({ NODE_ENV: 'production', DATABASE_URL, JWT_SECRET: 'hunter2' });
    expect(message).toContain('JWT_SECRET');
    expect(message).not.toContain('hunter2');
  });
});

describe('taken is', () => {
  test('an empty environment: one node by itself, with what it needs', () => {
    expect(loadConfig({})).toEqual({
      port: 3000,
      host: '0.0.0.0',
      production: false,
      databaseUrl: undefined,
      redisUrl: undefined,
      redisPrefix: 'chat',
      dataDir: resolve('.data'),
      jwtSecret: undefined,
      jwtJwksUrl: undefined,
      jwtIssuer: undefined,
      jwtAudience: undefined,
      jwtSubjectClaim: 'sub',
      jwtMaxLifetimeS: undefined,
      corsOrigins: [],
      trustProxy: 0,
      databasePoolMax: 10,
      drainMs: 1_000,
      logLevel: 'warn',
      limits: {
        messagesBurst: 120,
        messagesPerSecond: 10,
        connectionsPerUser: 50,
        connections: 50_000,
        upgradesPerIpPerSecond: 200,
        upgradesPerSecond: 2_000,
        requestsPerMinute: 6_000,
        loginsPerMinute: 20,
        visitorsPerMinute: 60,
      },
    });
  });

  test('production with a database and a secret', () => {
    const env = { NODE_ENV: 'production', DATABASE_URL, JWT_SECRET: SECRET };
    expect(loadConfig(env)).toMatchObject({
      production: true,
      databaseUrl: DATABASE_URL,
      jwtSecret: SECRET,
      drainMs: 30_000,
      logLevel: 'info',
    });
  });

  test('an empty variable as one that is absent, and spaces around a value as nothing', () => {
    const { port, jwtIssuer, host } = loadConfig({ PORT: ' ', JWT_ISSUER: '', HOST: ' ::1 ' });
    expect({ port, jwtIssuer, host }).toEqual({ port: 3000, jwtIssuer: undefined, host: '::1' });
  });

  test.each(['https://id.example/keys', 'http://localhost:8080/keys', 'http://[::1]/keys'])(
    'keys at %s',
    (url) => {
      expect(loadConfig({ JWT_JWKS_URL: url }).jwtJwksUrl).toBe(url);
    },
  );

  test('a list of origins', () => {
    const env = { CORS_ORIGIN: 'https://shop.example, http://localhost:5173,' };
    expect(loadConfig(env).corsOrigins).toEqual(['https://shop.example', 'http://localhost:5173']);
  });

  test.each([
    ['2', 2],
    ['10.0.0.0/8, ::1,fd00::/8', ['10.0.0.0/8', '::1', 'fd00::/8']],
  ])('proxies as %s', (text, trustProxy) => {
    expect(loadConfig({ TRUST_PROXY: text }).trustProxy).toEqual(trustProxy);
  });

  test('everything else as it is called', () => {
    const env = {
      REDIS_URL: 'rediss://cache.example',
      REDIS_PREFIX: 'one',
      JWT_MAX_LIFETIME_S: '900',
      LOG_LEVEL: 'debug',
      LIMIT_LOGINS_PER_MINUTE: '5',
    };
    expect(loadConfig(env)).toMatchObject({
      redisUrl: 'rediss://cache.example',
      redisPrefix: 'one',
      jwtMaxLifetimeS: 900,
      logLevel: 'debug',
      limits: { loginsPerMinute: 5 },
    });
  });
});

test('a configuration cannot be changed', () => {
  expect(Object.isFrozen(loadConfig({}))).toBe(true);
});

test('a secret that is made is long enough for production, and another each time', () => {
  expect(Buffer.byteLength(generateSecret())).toBeGreaterThanOrEqual(32);
  expect(generateSecret()).not.toBe(generateSecret());
});
