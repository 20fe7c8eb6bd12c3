import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** 64 MiB and about 0.2 s a try: the memory is what makes guessing by the million expensive. */
const COST = { N: 1 << 16, r: 8, p: 1, maxmem: 1 << 27 };
const KEY_BYTES = 32;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/** `scrypt$N$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password.normalize('NFKC'), salt, KEY_BYTES, COST);
  return ['scrypt', COST.N, salt.toString('base64url'), key.toString('base64url')].join('$');
}

export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, cost, salt, expected] = hash.split('$');
  if (!cost || !salt || !expected) return false;
  const options = { ...COST, N: Number(cost) };
  const key = await derive(
    password.normalize('NFKC'),
    Buffer.from(salt, 'base64url'),
    KEY_BYTES,
    options,
  );
  return timingSafeEqual(key, Buffer.from(expected, 'base64url'));
}
