import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KillPoint } from '../node/kill-points.js';

const SCRIPT = fileURLToPath(new URL('../node/start.mjs', import.meta.url));
/** Generous: the machine may be busy. */
const START_MS = 60_000;
/** Past the node's own drain something hangs. */
const DRAIN_LIMIT_MS = 20_000;

export interface NodeExit {
  readonly node: number;
  readonly expected: boolean;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A node of the product in a process of its own, under a port that it keeps over its lives. */
export class ClusterNode {
  readonly index: number;
  readonly exits: NodeExit[] = [];
  readonly log: string[] = [];
  readonly port: number;
  private readonly env: Readonly<Record<string, string>>;
  private child: ChildProcess | undefined;
  private expected = false;

  constructor(index: number, port: number, env: Readonly<Record<string, string>>) {
    this.index = index;
    this.port = port;
    this.env = env;
  }

  get isUp(): boolean {
    return this.child !== undefined;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Tries until it serves: a node ends at once when the database does not answer. */
  async start(): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      if (await this.launch()) return;
      if (performance.now() > deadline) throw new Error(`Node ${this.index} does not start`);
      await wait(500);
    }
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Its sessions are told to go; answers whether it left as it should. */
  async drain(): Promise<void> {
    const { child } = this;
    const limit = setTimeout(() => child?.kill('SIGKILL'), DRAIN_LIMIT_MS);
    await this.end('SIGTERM');
    clearTimeout(limit);
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** Dies by its own hand where it is told to, at the next occasion; resolves once it has. */
  async arm(point: KillPoint, patienceMs: number): Promise<boolean> {
    const { child } = this;
    if (!child) return false;
    this.expected = true;
    child.send({ arm: point });
    const gone = once(child, 'exit').then(() => true);
    const died = await Promise.race([gone, wait(patienceMs, false, { ref: false })]);
    if (!died) await this.kill();
    return died;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.expected = true;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  private async launch(): Promise<boolean> {
    const child = fork(SCRIPT, [], {
      env: { ...this.env, PATH: process.env.PATH ?? '', PORT: `${this.port}` },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.listen(child);
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const started = once(child, 'message').then(() => true);
    const ended = once(child, 'exit').then(() => false);
    child.once('exit', () => process.off('exit', kill));
    const serving = await Promise.race([started, ended]);
    if (serving) this.serve(child);
    return serving;
  }

  private serve(child: ChildProcess): void {
    this.child = child;
    this.expected = false;
    child.once('exit', (code, signal) => {
      this.child = undefined;
      // A drain ends with 0, a kill with its signal.
      const proper = this.expected && (code === 0 || signal === 'SIGKILL');
      this.exits.push({ node: this.index, expected: proper, code, signal });
    });
  }

  private listen(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        this.log.push(...lines);
      });
    }
  }
}
