import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly production: boolean;
  /** Undefined: a private PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Undefined: this node runs alone, with an in-process bus. */
  readonly redisUrl: string | undefined;
  readonly redisPrefix: string;
  readonly dataDir: string;
  readonly jwtSecret: string | undefined;
  /** Public keys of the host platform's tokens; the secret then signs our own only. */
  readonly jwtJwksUrl: string | undefined;
  readonly jwtIssuer: string | undefined;
  readonly jwtAudience: string | undefined;
  readonly jwtSubjectClaim: string;
  readonly jwtMaxLifetimeS: number | undefined;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: number | readonly string[];
  readonly databasePoolMax: number;
  readonly drainMs: number;
  readonly logLevel: string;
  readonly limits: Limits;
}

export interface Limits {
  readonly messagesBurst: number;
  readonly messagesPerSecond: number;
  readonly connectionsPerUser: number;
  readonly connections: number;
  readonly upgradesPerIpPerSecond: number;
  readonly upgradesPerSecond: number;
  readonly requestsPerMinute: number;
  readonly loginsPerMinute: number;
  readonly visitorsPerMinute: number;
}

/** Names every wrong variable at once; carries no stack trace to the operator. */
export class ConfigError extends Error {}

type Env = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** The only reader of the environment. An empty variable counts as absent. */
export function loadConfig(env: Env): Config {
  const read = new Reader(env);
  const production = env.NODE_ENV === 'production';
  const databaseUrl = read.url('DATABASE_URL', ['postgresql:', 'postgres:']);
  const config: Config = {
    port: read.integer('PORT', 3000, 0, 65_535),
    host: read.text('HOST') ?? '0.0.0.0',
    production,
    databaseUrl,
    redisUrl: read.url('REDIS_URL', ['redis:', 'rediss:']),
    redisPrefix: read.text('REDIS_PREFIX') ?? 'chat',
    dataDir: resolve(read.text('DATA_DIR') ?? '.data'),
    jwtSecret: read.text('JWT_SECRET'),
    jwtJwksUrl: read.keysUrl('JWT_JWKS_URL', production),
    jwtIssuer: read.text('JWT_ISSUER'),
    jwtAudience: read.text('JWT_AUDIENCE'),
    jwtSubjectClaim: read.text('JWT_SUBJECT_CLAIM') ?? 'sub',
    jwtMaxLifetimeS: read.optionalInteger('JWT_MAX_LIFETIME_S', 60, 31_536_000),
    corsOrigins: read.origins('CORS_ORIGIN'),
    trustProxy: read.trustProxy('TRUST_PROXY'),
    databasePoolMax: read.integer('DATABASE_POOL_MAX', 10, 2, 500),
    drainMs: read.integer('DRAIN_MS', production ? 30_000 : 1_000, 0, 300_000),
    // Embedded, somebody sits at the terminal and wants to see trouble only.
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, databaseUrl ? 'info' : 'warn'),
    limits: {
      messagesBurst: read.integer('LIMIT_MESSAGES_BURST', 120, 1, 1_000_000),
      messagesPerSecond: read.integer('LIMIT_MESSAGES_PER_SECOND', 10, 1, 1_000_000),
      connectionsPerUser: read.integer('LIMIT_CONNECTIONS_PER_USER', 50, 1, 1_000_000),
      connections: read.integer('LIMIT_CONNECTIONS', 50_000, 1, 10_000_000),
      upgradesPerIpPerSecond: read.integer('LIMIT_UPGRADES_PER_IP_PER_SECOND', 200, 1, 1_000_000),
      upgradesPerSecond: read.integer('LIMIT_UPGRADES_PER_SECOND', 2_000, 1, 1_000_000),
      requestsPerMinute: read.integer('LIMIT_REQUESTS_PER_MINUTE', 6_000, 1, 100_000_000),
      loginsPerMinute: read.integer('LIMIT_LOGINS_PER_MINUTE', 20, 1, 1_000_000),
      visitorsPerMinute: read.integer('LIMIT_VISITORS_PER_MINUTE', 60, 1, 1_000_000),
    },
  };
  if (production) requireForProduction(config, read);
  read.finish();
  return Object.freeze(config);
}

/** Generated secrets and embedded storage are for trying out; production has to name its own. */
function requireForProduction(config: Config, read: Reader): void {
  if (!config.databaseUrl) {
    read.fail(
      'DATABASE_URL',
      'is required with NODE_ENV=production, e.g. postgresql://user:secret@host:5432/chat',
    );
  }
  if (!config.jwtSecret || Buffer.byteLength(config.jwtSecret) < 32) {
    read.fail(
      'JWT_SECRET',
      'must have at least 32 bytes with NODE_ENV=production; make one with: openssl rand -base64 48',
    );
  }
}

export function generateSecret(): string {
  return randomBytes(48).toString('base64url');
}

class Reader {
  private readonly problems: string[] = [];
  private readonly env: Env;

  constructor(env: Env) {
    this.env = env;
  }

  fail(name: string, expected: string): undefined {
    this.problems.push(`  ${name} ${expected}`);
  }

  finish(): void {
    if (this.problems.length === 0) return;
    throw new ConfigError(`The configuration is wrong:\n${this.problems.join('\n')}`);
  }

  text(name: string): string | undefined {
    const value = this.env[name]?.trim();
    return value === '' ? undefined : value;
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    return this.fail(name, `must be a whole number from ${min} to ${max}, and is "${text}"`);
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    return this.optionalInteger(name, min, max) ?? fallback;
  }

  oneOf(name: string, allowed: readonly string[], fallback: string): string {
    const value = this.text(name) ?? fallback;
    if (!allowed.includes(value))
      this.fail(name, `must be one of ${allowed.join(', ')}, and is "${value}"`);
    return value;
  }

  /** The value may hold a password, so the message does not repeat it. */
  url(name: string, protocols: readonly string[]): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
    return this.fail(
      name,
      `must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );
  }

  /** Whoever can change what this address answers can be anybody. */
  keysUrl(name: string, production: boolean): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (URL.canParse(value) && isTrustworthy(new URL(value), production)) return value;
    return this.fail(
      name,
      'must be an https:// URL without a user, or outside production http:// on this machine',
    );
  }

  origins(name: string): string[] {
    const values = (this.text(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
    for (const value of values) {
      if (!URL.canParse(value) || new URL(value).origin !== value) {
        this.fail(
          name,
          `must list exact origins like https://shop.example, separated by commas; "${value}" is not one`,
        );
      }
    }
    return values;
  }

  trustProxy(name: string): number | string[] {
    const text = this.text(name) ?? '0';
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const parts = text.split(',').map((part) => part.trim());
    if (!parts.every(isNetwork)) {
      this.fail(
        name,
        'must be a number of proxies, or their addresses and networks separated by commas',
      );
    }
    return parts;
  }
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

function isTrustworthy(url: URL, production: boolean): boolean {
  const { protocol, hostname, username, password } = url;
  if (username || password) return false;
  return (
    protocol === 'https:' || (!production && protocol === 'http:' && LOOPBACK.includes(hostname))
  );
}

/** An address, alone or with the length of its network's prefix. */
function isNetwork(text: string): boolean {
  const [address = '', prefix = '0', ...rest] = text.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  return isIP(address) > 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && !rest.length;
}
