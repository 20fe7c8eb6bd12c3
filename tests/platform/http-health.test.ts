import { afterAll, describe, expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { registerHealth } from '../../src/platform/http-health.js';

const state = {
  worstMs: 0,
  reason: null as string | null,
  degraded: undefined as string | undefined,
};
const app = fastify();
registerHealth(app, {
  version: '1',
  eventLoop: state,
  degraded: () => state.degraded,
  unready: () => state.reason,
});
afterAll(() => app.close());

const ask = async (url: string) => {
  const answer = await app.inject(url);
  return answer.json();
};

describe('health', () => {
  test('a node tells the pauses of its event loop, and is not well above two seconds', async () => {
    state.worstMs = 2_000.4;
    expect(await ask('/health')).toEqual({ status: 'ok', version: '1', lagMs: 2_000 });
    state.worstMs = 2_001;
    expect(await ask('/health')).toMatchObject({ status: 'lagging', lagMs: 2_001 });
    expect((await app.inject('/health')).statusCode).toBe(503);
  });

  test('a node that serves slowly says what slows it, and stays well', async () => {
    state.worstMs = 0;
    state.degraded = 'bus down';
    expect(await ask('/health')).toMatchObject({ status: 'ok', degraded: 'bus down' });
    state.degraded = undefined;
  });

  test('a node that should get no traffic says why, and is well all the same', async () => {
    state.worstMs = 0;
    expect(await ask('/health/ready')).toEqual({ status: 'ready' });
    state.reason = 'draining';
    expect(await ask('/health/ready')).toEqual({ status: 'draining' });
    const codes = ['/health/ready', '/health'].map(
      async (url) => (await app.inject(url)).statusCode,
    );
    expect(await Promise.all(codes)).toEqual([503, 200]);
  });
});
