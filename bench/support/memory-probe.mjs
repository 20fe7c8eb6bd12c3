// Loaded into a server before its own code: answers what it holds once everything is collected that can be.
import { setTimeout as wait } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';

process.on('message', async ({ snapshot }) => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await wait(50);
  }
  if (snapshot) writeHeapSnapshot(snapshot);
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, live: heapUsed + external });
});
// The probe alone does not keep the server running.
process.channel.unref();
