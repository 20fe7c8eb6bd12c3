import { LRUCache } from 'lru-cache';

interface CacheOptions {
  /** Beyond it, what was not used for longest gives way. */
  readonly max: number;
  /** How long an entry counts. It is also taken out then, for nobody may ask for it again. */
  readonly ttl?: number;
}

/** By size and not by `max`, for which `lru-cache` allocates its tables at once: 10 MiB in a node that nobody uses. */
export function createCache<Value extends {}>({ max, ttl }: CacheOptions): LRUCache<string, Value> {
  const expiring = ttl !== undefined && { ttl, ttlAutopurge: true };
  return new LRUCache({ maxSize: max, sizeCalculation: () => 1, ...expiring });
}
