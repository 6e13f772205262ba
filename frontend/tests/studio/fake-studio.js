// A studio without a page, and a service that answers from a table.
import {vi} from 'vitest';
import {KnownUploads} from '../../pages/studio/known-uploads.js';
import {OwnPictures} from '../../pages/studio/own-pictures.js';
import {Project} from '../../pages/studio/project.js';
import {Store} from '../../pages/studio/store.js';

/**
 * @param {Record<string, any>} [parts]
 * @returns {any}
 */
export function fakeStudio(parts = {}) {
  const studio = {
    song: null, otherTab: false, isOpening: false, ownName: '', name: 'Night Drive', missingPictures: [], settings: {range: {start_s: 0}},
    store: new Store({version: 1, look: 'halo', preset: null, params: {}}), pictures: new OwnPictures(),
    engine: {uploads: new KnownUploads(), stayIn: vi.fn(), poster: async () => null, announce: () => new AbortController().signal, cancelOpening: vi.fn(), showExample: vi.fn(async () => {})},
    storage: {get: vi.fn(async () => undefined), put: vi.fn(async () => true), putAll: vi.fn(async () => true)},
    noteRendered: vi.fn(async () => {}), keepNow: vi.fn(async () => {}),
    presets: {bringBack: async () => {}, all: []},
    /** @returns {boolean} */
    get mayWrite() {
      return !this.otherTab && !this.isOpening;
    },
    tryDraft: (/** @type {() => void} */ take) => (take(), true),
    ...parts,
  };
  return Object.assign(studio, {project: new Project(/** @type {any} */ (studio))});
}

/**
 * Let the service answer, and return the calls that it gets.
 * @param {(call: {method: string, path: string, body: any}) => [number, any]} answer
 */
export function serve(answer) {
  /** @type {{method: string, path: string, body: any}[]} */
  const calls = [];
  vi.stubGlobal('fetch', async (/** @type {Request | string} */ asked, /** @type {RequestInit} */ init = {}) => {
    const request = typeof asked === 'string' ? new Request(new URL(asked, 'https://oriel.test'), init) : asked;
    const text = await request.text();
    const call = {method: request.method, path: new URL(request.url).pathname, body: text ? JSON.parse(text) : null};
    calls.push(call);
    const [status, body] = answer(call);
    return new Response(JSON.stringify(body), {status, headers: {'Content-Type': 'application/json'}});
  });
  return calls;
}
