// A frame is a function of the track, its index, the settings and the seed: nothing in looks or sound may ask the clock,
// chance or the network.
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';

const FORBIDDEN = /\b(Date\.now|new Date|performance\.now|Math\.random|fetch\(|requestAnimationFrame|setTimeout|setInterval)/;
const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} folder */
const sources = (folder) => readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.js')).map((name) => join(folder, name));

it.each([...sources('looks'), ...sources('sound')])('%s is pure', (name) => {
  const code = readFileSync(join(root, name), 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
  expect(code.match(FORBIDDEN)?.[0]).toBeUndefined();
});

it.each(sources('sound'))('%s needs no page', (name) => {
  const code = readFileSync(join(root, name), 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
  expect(code.match(/\b(document\.|navigator\.|self\.|OffscreenCanvas|AudioContext)/)?.[0]).toBeUndefined();
});
