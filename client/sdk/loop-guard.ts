import type { Clock } from './clock';

/** False when it is asked more than `times` times within the window. */
export function createLoopGuard(clock: Clock, times: number, windowMs: number): () => boolean {
  let recent: number[] = [];
  return () => {
    recent = recent.filter((at) => clock.now() - at < windowMs);
    if (recent.length >= times) return false;
    recent.push(clock.now());
    return true;
  };
}
