import type { Redis } from '../platform/redis.js';
import type { FrameLimit, SharedLimit } from './frame-limit.js';

/** The bucket of `frame-limit.ts`, by the clock of Redis. It may owe: what a node let pass is paid off first. */
const TAKE = `
local burst, rate, cost, spent = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(kept[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(kept[2]) or now)) * rate / 1000) - spent
tokens = math.max(-burst, tokens)
local wait = 0
if tokens >= cost then tokens = tokens - cost else wait = math.ceil((cost - tokens) * 1000 / rate) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * 1000 / rate) + 1000)
return wait`;

export function createRedisSharedLimit(
  redis: Redis,
  prefix: string,
  { burst, perSecond }: FrameLimit,
): SharedLimit {
  return {
    take: async (userId, cost, spent) => {
      const key = `${prefix}:frames:${userId}`;
      return Number(await redis.eval(TAKE, 1, key, burst, perSecond, cost, spent));
    },
  };
}
