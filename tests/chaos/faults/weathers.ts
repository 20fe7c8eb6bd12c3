import { setTimeout as wait } from 'node:timers/promises';
import type { FaultProxy } from '../proxy/proxy.js';
import type { Weather } from '../proxy/weather.js';
import type { FaultContext } from './fault.js';

export const BLACK_HOLE: Weather = { kind: 'black-hole' };
export const HALF_OPEN: Weather = { kind: 'half-open' };
export const CUT: Weather = { kind: 'cut' };
export const LATENCY: Weather = { kind: 'latency', ms: 3_000 };
export const SLOW: Weather = { kind: 'slow', bytesPerSecond: 1_000 };

/** Bad weather for a while. */
export async function spell(
  proxies: readonly FaultProxy[],
  weather: Weather,
  seconds: number,
  meets?: () => boolean,
): Promise<void> {
  for (const proxy of proxies) proxy.set(weather, meets);
  await wait(seconds * 1_000);
  for (const proxy of proxies) proxy.clear();
}

/** The proxy of the node that the fault is for. */
export const ofNode = (proxies: readonly FaultProxy[], { node }: FaultContext): FaultProxy[] => [
  proxies[node] as FaultProxy,
];
