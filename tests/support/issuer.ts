import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

/** A key pair of a host platform. */
export interface IssuerKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly jwk: JsonWebKey;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function createKey(algorithm: Algorithm, kid: string, bits = 2_048): IssuerKey {
  const pair =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig' };
  return { kid, algorithm, jwk, ...pair };
}

/** Signed by hand, so that a test may say anything in the header too. */
export function signWith(key: IssuerKey, claims: object, header: object = {}): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const head = { alg: key.algorithm, typ: 'JWT', kid: key.kid, ...header };
  const input = `${encode(head)}.${encode({ exp, ...claims })}`;
  const hash = key.algorithm === 'EdDSA' ? null : 'sha256';
  const how = { key: key.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign(hash, Buffer.from(input), how).toString('base64url')}`;
}

export interface Issuer {
  readonly url: string;
  /** How often the keys were asked for. */
  readonly fetches: number;
  /** What is answered from now on. */
  serve(keys: readonly JsonWebKey[]): void;
  answer(how: (response: ServerResponse) => void): void;
  close(): Promise<void>;
}

/** An address on loopback where the keys of a platform are found. */
export async function startIssuer(keys: readonly JsonWebKey[] = []): Promise<Issuer> {
  let fetches = 0;
  let answer: (response: ServerResponse) => void;
  const serve = (served: readonly JsonWebKey[]) => {
    answer = (response) => void response.end(JSON.stringify({ keys: served }));
  };
  serve(keys);
  const server = createServer((_request, response) => {
    fetches += 1;
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/keys`,
    get fetches() {
      return fetches;
    },
    serve,
    answer: (how) => {
      answer = how;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
