import type { Logger } from './logger.js';

/** Between probes, while open. */
const PROBE_MS = 1_000;

/** Code as of a socket: whoever asks is told that the same request may succeed later. */
export class Silence extends Error {
  override readonly name = 'Silence';
  readonly code = 'ETIMEDOUT';
}

export interface CircuitBreaker {
  /** Throws while the other side does not answer. */
  check(): void;
  /** A request got no answer in its time. Whether nobody gets one, a probe finds out. */
  suspect(): void;
  close(): void;
}

export interface CircuitBreakerOptions {
  /** Of what: for the log. */
  readonly name: string;
  /** Resolves when the other side answers; has a time limit of its own. */
  readonly probe: () => Promise<void>;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Who does not answer costs every request its whole time limit, and a connection with it. So after the first such loss
 * one probe a second asks in their place, and all others are refused at once until it is answered.
 *
 * Refusals (connection refused, shutting down) are quick by themselves and need no breaker.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { name, probe, log } = options;
  let isOpen = false;
  let isProbing = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const ask = async () => {
    isProbing = true;
    const answered = await probe().then(
      () => true,
      () => false,
    );
    isProbing = false;
    if (answered || isClosed) return settle();
    if (!isOpen) log.warn({}, `${name} does not answer: refusing until it does`);
    isOpen = true;
    timer = setTimeout(ask, PROBE_MS).unref();
  };

  const settle = () => {
    if (isOpen && !isClosed) log.warn({}, `${name} answers again`);
    isOpen = false;
  };

  return {
    check: () => {
      if (isOpen) throw new Silence(`${name} does not answer`);
    },
    suspect: () => {
      if (!isOpen && !isProbing && !isClosed) void ask();
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
