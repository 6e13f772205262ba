import '../browser.js';
import {expect, test} from 'vitest';
import {heardBefore, keepHeard} from '../../pages/studio/heard-song.js';

const file = new File(['abc'], 'a.wav', {lastModified: 1});
const heard = {pcm: new Blob(['0123456789']), track: new ArrayBuffer(1)};

/** A studio whose browser keeps what it is given. @param {Record<string, any>} [parts] */
function studioWith(parts = {}) {
  /** @type {Map<string, any>} */
  const kept = new Map();
  const storage = {get: async (/** @type {string} */ key) => kept.get(key), put: async (/** @type {string} */ key, /** @type {any} */ value) => void kept.set(key, value)};
  return /** @type {any} */ ({storage, kept, otherTab: false, engine: {heard}, ...parts});
}

test('what was heard in a song comes back with it', async () => {
  const studio = studioWith();
  await keepHeard(studio, file);
  expect(await heardBefore(studio.storage, new File(['abc'], 'a.wav', {lastModified: 1}))).toBe(heard);
});

test.each([
  ['another file', new File(['abc'], 'b.wav', {lastModified: 1})],
  ['a newer one', new File(['abc'], 'a.wav', {lastModified: 2})],
  ['a longer one', new File(['abcd'], 'a.wav', {lastModified: 1})],
])('%s is read', async (_, other) => {
  const studio = studioWith();
  await keepHeard(studio, file);
  expect(await heardBefore(studio.storage, other)).toBeNull();
});

test('a studio that reads songs in a new way reads it again', async () => {
  const studio = studioWith();
  await keepHeard(studio, file);
  studio.kept.get('heard').reader = 'https://oriel.test/assets/song-of-last-year.js';
  expect(await heardBefore(studio.storage, file)).toBeNull();
});

test('a song whose sound the browser has cleared away is read', async () => {
  const gone = {slice: () => ({arrayBuffer: async () => { throw new DOMException('gone', 'NotReadableError'); }}), size: 10};
  const studio = studioWith({engine: {heard: {...heard, pcm: gone}}});
  await keepHeard(studio, file);
  expect(await heardBefore(studio.storage, file)).toBeNull();
});

test('a very long song takes no room, and neither does that of a tab that may not write', async () => {
  for (const parts of [{engine: {heard: {...heard, pcm: {size: 130_000_000}}}}, {otherTab: true}, {engine: {heard: null}}]) {
    const studio = studioWith(parts);
    await keepHeard(studio, file);
    expect(studio.kept.size).toBe(0);
  }
});
