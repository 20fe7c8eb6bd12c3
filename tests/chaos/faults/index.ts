import type { FaultSpec } from './fault.js';
import { NETWORK_FAULTS } from './network-faults.js';
import { NODE_FAULTS } from './node-faults.js';
import { POSTGRES_FAULTS } from './postgres-faults.js';
import { REDIS_FAULTS } from './redis-faults.js';

export const GROUPS = ['node', 'postgres', 'redis', 'network'] as const;

const ALL = { ...NODE_FAULTS, ...POSTGRES_FAULTS, ...REDIS_FAULTS, ...NETWORK_FAULTS };
export type FaultName = keyof typeof ALL;
export const FAULTS: Readonly<Record<FaultName, FaultSpec>> = ALL;
