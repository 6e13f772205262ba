// A look in a link: `#look=1.…` or `#look=halo/orbit`, and the few values of the embedding contract:
// `#shape=torus&glowColor=8309d5`.
import {LOOKS} from '../../preview/looks.js';
import {picturesOf} from './own-pictures.js';

/** @typedef {import('./store.js').Draft} Draft */

const VERSION = '1';
const LONGEST = 8000;
/** What a link holds: how it looks, never somebody's files or range. */
const SHARED = ['version', 'look', 'preset', 'seed', 'params', 'output', 'text', 'background', 'finish'];
export const CONTRACT_KEYS = ['shape', 'size', 'baseColor', 'glowColor', 'pulseIntensity'];

/** The link is damaged, or was made by a newer studio. */
export class LinkError extends Error {}

/**
 * @param {Draft} draft
 * @returns {Promise<string>} the token behind `#look=`
 */
export async function tokenOf(draft) {
  const shared = Object.fromEntries(Object.entries(draft).filter(([key]) => SHARED.includes(key)));
  // A picture of one's own stays at home; the look's own background takes its place.
  if (picturesOf({background: shared.background}).length) delete shared.background;
  const packed = await through(new TextEncoder().encode(JSON.stringify(shared)), new CompressionStream('deflate-raw'));
  return `${VERSION}.${base64(packed)}`;
}

/**
 * @param {string} token as `tokenOf` makes it, or the name of a look or preset, such as "halo/orbit"
 * @returns {Promise<Draft>} not checked: `resolveSettings` does that
 * @throws {LinkError}
 */
export async function draftOf(token) {
  const [, look, preset = null] = /^([a-z][a-z-]*)(?:\/([a-z][a-z-]*))?$/.exec(token) ?? [];
  if (LOOKS.some(({name}) => name === look)) return {version: 1, look, preset};
  const [version, packed = ''] = token.split('.', 2);
  if (version !== VERSION && /^\d+$/.test(version ?? '')) {
    throw new LinkError('This link was made by a newer version of the studio. Reload the page and open it again.');
  }
  try {
    if (token.length > LONGEST) throw new RangeError('too long');
    const bytes = await through(bytesOf(packed), new DecompressionStream('deflate-raw'));
    const draft = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes));
    if (typeof draft !== 'object' || draft === null || Array.isArray(draft)) throw new TypeError('no document');
    return Object.fromEntries(Object.entries(draft).filter(([key]) => SHARED.includes(key)));
  } catch {
    throw new LinkError('This link is damaged, so we opened the studio without its look. Ask for the link again.');
  }
}

/**
 * The values of the embedding contract, from `window.config` and the address.
 * @param {unknown} config
 * @param {string} fragment such as "#shape=torus"
 * @returns {Record<string, unknown> | null} the flat form of a settings document; null where nothing is set
 */
export function contractOf(config, fragment) {
  const given = typeof config === 'object' && config !== null ? Object.entries(config) : [];
  const named = [...new URLSearchParams(fragment.replace(/^#/, ''))].map(([key, text]) => [key, valueOf(key, text)]);
  const known = [...given, ...named].filter(([key]) => CONTRACT_KEYS.includes(String(key)));
  return known.length ? Object.fromEntries(known) : null;
}

/**
 * @param {string} key
 * @param {string} text
 */
function valueOf(key, text) {
  if (key === 'shape') return text;
  if (key.endsWith('Color')) {
    const digits = text.replace(/^(#|0x)/i, '');
    return /^[0-9a-f]{6}$/i.test(digits) ? `#${digits.toLowerCase()}` : Number(text);
  }
  return Number(text);
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {CompressionStream | DecompressionStream} transform
 */
async function through(bytes, transform) {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  const reader = /** @type {ReadableStream<Uint8Array>} */ (stream).getReader();
  const parts = [];
  let total = 0;
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    total += value.length;
    // A few bytes may unpack to gigabytes.
    if (total > 100_000) throw new RangeError('too long');
    parts.push(value);
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}
