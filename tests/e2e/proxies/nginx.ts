import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fromSetup } from '../../support/environment.js';

export interface NginxOptions {
  /** The node behind it. */
  readonly port: number;
  /** Directives of the server block. */
  readonly directives?: readonly string[];
  /** HTTP/2 without TLS, for clients that begin with it. */
  readonly http2?: boolean;
}

export interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** nginx as its package brings it, but for where it writes: buffering is on unless a directive says otherwise. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-nginx-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(folder, port, options));
  const child = spawn(fromSetup('NGINX_PATH'), ['-p', folder, '-c', file, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await listening(child);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      process.off('exit', kill);
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Its sockets listen before it says by which method it waits for events. */
function listening(child: ChildProcessByStdio<null, null, Readable>): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('event method')) resolve();
    });
    child.once('exit', () => reject(new Error(`nginx did not start: ${said}`)));
  });
}

function configuration(folder: string, port: number, options: NginxOptions): string {
  const { directives = [], http2 = false } = options;
  return `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port}${http2 ? ' http2' : ''};
    ${directives.join('\n    ')}
    location / {
      proxy_pass http://127.0.0.1:${options.port};
      proxy_set_header Host $http_host;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
