import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { retryDelay } from '../../client/sdk/backoff.ts';

const ABNORMAL = 1006;
const RECONNECT_WINDOW_MS = 1_000;
const STOPPING = [401, 403, 404];

/** How each contender's own client comes back after its connection broke. */
export const policies = {
  /** As `client/sdk/connection.ts`: jitter first, and after a refused handshake it asks why. */
  async servihub(target, counts, attempt, { isFirst = false } = {}) {
    let retryAfterMs = null;
    if (isFirst && !(await tried(attempt, counts))) return;
    for (let attempts = 0; ; attempts++) {
      const delay = { action: 'backoff', code: ABNORMAL, windowMs: RECONNECT_WINDOW_MS };
      await wait(retryDelay({ ...delay, attempts, retryAfterMs }, Math.random));
      if (!(await tried(attempt, counts))) return;
      const why = await askWhy(target).catch(() => ({ status: 0, retryAfterMs: null }));
      if (why.status === 204) counts.downgraded++;
      if (STOPPING.includes(why.status)) counts.stopped++;
      retryAfterMs = why.retryAfterMs;
    }
  },

  /** The defaults of socket.io-client: 1 to 5 s, doubled each time, give or take half. */
  async socketio(_target, counts, attempt, { isFirst = false } = {}) {
    if (isFirst && !(await tried(attempt, counts))) return;
    for (let attempts = 0; ; attempts++) {
      const middle = Math.min(5_000, 1_000 * 2 ** attempts);
      await wait(middle * (0.5 + Math.random()));
      if (!(await tried(attempt, counts))) return;
    }
  },
};

async function tried(attempt, counts) {
  counts.attempts++;
  const refusal = await attempt();
  if (refusal) counts[refusal.status === 503 ? 'refused' : 'failed']++;
  return refusal;
}

function askWhy({ url, token, localAddress }) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, connection: 'close' };
    const options = { localAddress, headers, agent: false };
    request(`${url}/api/connection-check`, options, (response) => {
      const seconds = Number(response.headers['retry-after']);
      response.resume();
      resolve({ status: response.statusCode, retryAfterMs: seconds > 0 ? seconds * 1_000 : null });
    })
      .on('error', reject)
      .end();
  });
}
