import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';

const page = readFileSync(new URL('../../pages/help/index.html', import.meta.url), 'utf8');

/** @param {RegExp} pattern @returns {(string | undefined)[]} */
const all = (pattern) => [...page.matchAll(pattern)].map(([, name]) => name);

test('the contents of the help name each chapter once, in its order', () => {
  expect(all(/<li><a href="#([a-z]+)">/g)).toEqual(all(/<h2 id="([a-z]+)">/g));
});
