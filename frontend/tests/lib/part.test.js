// Scripts that are loaded when they are needed are gone after an update: each import says so.
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['lib', 'pages', 'preview', 'ui'].flatMap((folder) =>
  readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.js')).map((name) => join(folder, name)));

it.each(sources)('%s tells the visitor when a part is missing', (name) => {
  const code = readFileSync(join(root, name), 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
  expect(code.match(/(?<!part\()\bimport\(.*/)?.[0]).toBeUndefined();
});
