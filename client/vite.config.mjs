import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = (folder) => here(`../dist/client/${folder}`);

const protocol = { find: /^@protocol\//, replacement: `${here('../src/protocol')}/` };

/** Preact stands in for React where the weight is a visitor's. */
const preact = [
  { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
  { find: /^react-dom$/, replacement: 'preact/compat' },
  { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
  { find: /^react$/, replacement: 'preact/compat' },
];

/** What all apps share. The server puts the nonce of each response in place of `__CSP_NONCE__`. */
const app = ({ root, base, aliases = [], plugins = [], build }) => ({
  configFile: false,
  logLevel: 'warn',
  root: here(root),
  base,
  publicDir: false,
  html: { cspNonce: '__CSP_NONCE__' },
  resolve: { alias: [protocol, ...aliases] },
  plugins,
  build: {
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    ...build,
  },
});

const page = (html, folder) => ({
  outDir: out(folder),
  chunkSizeWarningLimit: 1_500,
  rolldownOptions: { input: here(html) },
});

/** Each app: the file whose presence makes it buildable, the folder that it fills, its Vite configuration. */
export const APPS = {
  loader: {
    entry: here('widget/loader.ts'),
    folder: out('widget'),
    config: app({
      root: 'widget',
      base: '/widget/',
      build: {
        outDir: out('widget'),
        lib: {
          entry: here('widget/loader.ts'),
          formats: ['iife'],
          name: '_',
          fileName: () => 'loader.js',
        },
      },
    }),
  },
  panel: {
    entry: here('widget/panel/panel.html'),
    folder: out('widget'),
    config: app({
      root: 'widget/panel',
      base: '/widget/',
      aliases: preact,
      build: page('widget/panel/panel.html', 'widget'),
    }),
  },
  demo: {
    entry: here('demo/index.html'),
    folder: out('demo'),
    config: app({ root: 'demo', base: '/demo/', build: page('demo/index.html', 'demo') }),
  },
  dashboard: {
    entry: here('dashboard/index.html'),
    folder: out('dashboard'),
    config: app({
      root: 'dashboard',
      base: '/agent/',
      plugins: [react()],
      build: page('dashboard/index.html', 'dashboard'),
    }),
  },
};
