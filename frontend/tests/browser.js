// The few parts of a browser that our modules need to be imported and asked in Node. Import it before them.
import {vi} from 'vitest';

const page = new URL('https://oriel.test/');

vi.stubGlobal('window', globalThis);
vi.stubGlobal('location', Object.assign(page, {assign: vi.fn(), replace: vi.fn(), reload: vi.fn()}));
vi.stubGlobal('history', {replaceState: vi.fn()});
vi.stubGlobal('document', Object.assign(new EventTarget(), {cookie: '', visibilityState: 'visible', title: '', createTreeWalker: () => ({})}));

vi.stubGlobal('HTMLElement', class extends EventTarget {});
// As in a browser, a component learns its properties when it is defined.
vi.stubGlobal('customElements', {get: () => undefined, define: (/** @type {string} */ _name, /** @type {any} */ component) => void component.observedAttributes});

/** @type {Map<string, string>} */
const kept = new Map();
vi.stubGlobal('sessionStorage', {
  getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
  removeItem: (/** @type {string} */ key) => kept.delete(key),
});

/**
 * The text that a lit template shows, with the texts of those within it.
 * @param {any} template
 * @returns {string}
 */
export function textOf(template) {
  if (Array.isArray(template)) return template.map(textOf).join('');
  if (!template?.strings) return typeof template === 'string' || typeof template === 'number' ? String(template) : '';
  const parts = template.strings.flatMap((/** @type {string} */ text, /** @type {number} */ at) => [text, textOf(template.values[at])]);
  return parts.join('');
}
