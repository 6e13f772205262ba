import '../browser.js';
import {expect, test, vi} from 'vitest';
import {fetchFile} from '../../lib/download.js';

const LOST = {name: 'ApiError', code: 'UNREACHABLE', status: 0, message: 'The connection was lost. Please try again.'};

/** A body that ends with an error after its first bytes. */
const broken = () => new ReadableStream({start: (out) => out.enqueue(new Uint8Array(10)), pull: (out) => out.error(new TypeError('network error'))}, {highWaterMark: 0});

/** @param {() => Promise<Response>} answer */
const fetched = (answer, stopping = new AbortController()) => {
  vi.stubGlobal('fetch', answer);
  return fetchFile('/song', 'song.wav', stopping.signal);
};

test('a file arrives whole', async () => {
  const file = await fetched(async () => new Response('la la'));
  expect([file.name, await file.text()]).toEqual(['song.wav', 'la la']);
});

test('a connection that breaks in the middle says so', async () => {
  await expect(fetched(async () => new Response(broken()))).rejects.toMatchObject(LOST);
});

test('a service without an answer says so', async () => {
  await expect(fetched(async () => Promise.reject(new TypeError('failed')))).rejects.toMatchObject(LOST);
});

test('what the visitor cancels is no lost connection', async () => {
  const stopping = new AbortController();
  stopping.abort();
  await expect(fetched(async () => new Response(broken()), stopping)).rejects.toMatchObject({name: 'AbortError'});
});
