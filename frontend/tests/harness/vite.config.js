// Builds the page of the browser tests into the folder that OUT names; it is no part of the product.
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: here,
  base: './',
  worker: {format: 'es'},
  build: {outDir: process.env.OUT, target: 'es2022', assetsInlineLimit: 0, minify: false, rollupOptions: {input: join(here, 'index.html')}},
});
