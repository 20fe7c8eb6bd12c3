import { LRUCache } from 'lru-cache';

interface CacheOptions {
  /** Beyond it, what was not used for longest gives way. */
  readonly max: number;
  /** How long an entry counts. It is taken out soon after, for nobody may ask for it again. */
  readonly ttl?: number;
}

/** By size and not by `max`, for which `lru-cache` allocates its tables at once: 10 MiB in a node that nobody uses. */
export function createCache<Value extends {}>({ max, ttl }: CacheOptions): LRUCache<string, Value> {
  const cache = new LRUCache<string, Value>({
    maxSize: max,
    sizeCalculation: () => 1,
    ...(ttl !== undefined && { ttl }),
  });
  // One timer, where `ttlAutopurge` has one for each entry, which is as large as what most entries hold.
  if (ttl !== undefined) setInterval(() => cache.purgeStale(), ttl / 2).unref();
  return cache;
}
