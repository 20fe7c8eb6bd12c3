import type { Weather } from '../proxy/weather.js';
import type { FaultSpec } from './fault.js';
import { BLACK_HOLE, CUT, HALF_OPEN, LATENCY, SLOW, spell } from './weathers.js';

const networkFault = (
  seconds: readonly [number, number],
  strike: FaultSpec['strike'],
): FaultSpec => ({ group: 'network', oneNode: false, seconds, strike });

/** For half of the clients, old connections and new ones. */
const forHalf = (weather: Weather): FaultSpec =>
  networkFault([5, 12], ({ cluster, seconds, random }) =>
    spell([cluster.balancer.proxy], weather, seconds, () => random.chance(0.5)),
  );

export const NETWORK_FAULTS = {
  'clients reset': networkFault([0, 0], async ({ cluster }) => cluster.balancer.proxy.reset()),
  'clients cut off': networkFault([3, 8], ({ cluster, seconds }) =>
    spell([cluster.balancer.proxy], CUT, seconds),
  ),
  'half of the clients black-holed': forHalf(BLACK_HOLE),
  'half of the clients half-open': forHalf(HALF_OPEN),
  'half of the clients 3 s away': forHalf(LATENCY),
  'half of the clients at 1 kB/s': forHalf(SLOW),
} satisfies Record<string, FaultSpec>;
