import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));
const LISTENING = /http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/;
/** Generous: an embedded database is made at the first start, on a machine that may be busy. */
const START_MS = 60_000;

/** The built product as a process of its own, as operators run it. */
export interface ProcessNode {
  readonly url: string;
  readonly port: number;
  /** No farewell: connections break, nothing is cleaned up. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
}

/** `env` is all that the node is told; without a `port` it finds a free one. */
export async function startProcessNode(
  env: Readonly<Record<string, string>>,
  port = 0,
): Promise<ProcessNode> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: `${port}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = ender(child);
  const chosen = await listening(child).catch(async (error) => {
    await end('SIGTERM');
    throw error;
  });
  return {
    url: `http://127.0.0.1:${chosen}`,
    port: chosen,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  };
}

/** Ends the process, also when the tests end before it. */
function ender(child: ChildProcess): (signal: NodeJS.Signals) => Promise<number | null> {
  const gone = once(child, 'close');
  const atExit = () => void child.kill('SIGTERM');
  process.once('exit', atExit);
  return async (signal) => {
    process.off('exit', atExit);
    child.kill(signal);
    await gone;
    return child.exitCode;
  };
}

/** The port that it says it serves on. */
function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string) => reject(new Error(`The node ${why}:\n${said}`));
    const timer = setTimeout(() => fail('does not start'), START_MS);
    child.once('close', () => fail('ended while starting'));
    const listen = (chunk: Buffer) => {
      said += chunk;
      const port = LISTENING.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
  });
}
