import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';

const options = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
};

const PROTOCOL = new URL('../src/protocol/', import.meta.url);

/** Sources of the server name the file that a build would make, `./x.js` for `./x.ts`; those of the client name none. */
export function resolve(specifier, context, next) {
  if (!context.parentURL?.endsWith('.ts')) return next(specifier);
  const source = candidates(specifier, context.parentURL).find((url) => existsSync(url));
  return source ? { url: source.href, shortCircuit: true } : next(specifier);
}

function candidates(specifier, parent) {
  if (specifier.startsWith('@protocol/'))
    return [new URL(`${specifier.slice('@protocol/'.length)}.ts`, PROTOCOL)];
  if (!specifier.startsWith('.')) return [];
  if (/\.(ts|mjs)$/.test(specifier)) return [new URL(specifier, parent)];
  const bare = specifier.replace(/\.js$/, '');
  return [`${bare}.ts`, `${bare}/index.ts`].map((path) => new URL(path, parent));
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = await transformFile(fileURLToPath(url), options);
  return { format: 'module', source: code, shortCircuit: true };
}
