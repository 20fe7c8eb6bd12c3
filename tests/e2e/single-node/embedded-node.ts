import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProcessNode, startProcessNode } from '../../support/process-node.js';

/** The product as `npm start` runs it: with a database of its own, and without Redis. */
export interface EmbeddedNode {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Stops it properly, or by SIGKILL, and starts it where it was. */
  restart(how?: 'stop' | 'kill'): Promise<void>;
  /** With its data. */
  remove(): Promise<void>;
}

export async function startEmbeddedNode(): Promise<EmbeddedNode> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-e2e-'));
  await chmod(folder, 0o755);
  const dataDir = join(folder, 'data');
  const env = { DATA_DIR: dataDir };
  let node: ProcessNode = await startProcessNode(env);
  const { url, port } = node;
  return {
    url,
    port,
    dataDir,
    async restart(how = 'stop') {
      await node[how]();
      node = await startProcessNode(env, port);
    },
    async remove() {
      await node.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
