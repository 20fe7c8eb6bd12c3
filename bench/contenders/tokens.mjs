import { createSigner } from 'fast-jwt';

export const SECRET = 'a secret of at least thirty-two bytes, for benchmarks only';

const sign = createSigner({ key: SECRET, algorithm: 'HS256' });

/** As a host platform issues them. */
export function issueToken(userId) {
  const exp = Math.floor(Date.now() / 1_000) + 86_400;
  return sign({ sub: userId, name: 'Somebody', exp });
}
