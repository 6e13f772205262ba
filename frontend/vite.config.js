// Builds the pages into the Python package and runs the unit tests of the frontend.
import {readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitest/config';
import {compress} from './build-plugins/compress.js';
import {apiPage, bundledCharacters, lookDeclarations} from './build-plugins/data.js';
import {nonce, shell} from './build-plugins/shell.js';

const here = dirname(fileURLToPath(import.meta.url));
const pages = readdirSync(join(here, 'pages'));

export default defineConfig({
  root: here,
  base: './',
  publicDir: join(here, 'public'),
  plugins: [lookDeclarations(here), bundledCharacters(), apiPage(here), shell(here), nonce(), compress()],
  worker: {format: 'es'},
  experimental: {
    // A page has addresses of any depth and names its files from the root. Scripts and styles name theirs from where
    // they lie themselves, which may be another origin. The stage is served below a path that changes.
    renderBuiltUrl: (file, {hostType, hostId}) =>
      hostType === 'html' && hostId.startsWith('pages/') ? `/${file}` : {relative: true},
  },
  build: {
    outDir: join(here, '../src/oriel/web'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // Three.js in the stage; what pages weigh is measured by `make bench-web`.
    chunkSizeWarningLimit: 900,
    modulePreload: {polyfill: false},
    rollupOptions: {
      input: {
        stage: join(here, 'stage/stage.html'),
        ...Object.fromEntries(pages.map((page) => [page, join(here, 'pages', page, 'index.html')])),
      },
    },
  },
  test: {include: ['tests/**/*.test.js']},
});
