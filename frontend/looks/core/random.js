// Seeded numbers: the same seed and index give the same number in every engine.

/**
 * Hash two integers into [0, 1). Integer arithmetic only (a PCG-style mix, O'Neill 2014), so that it is exact everywhere.
 * @param {number} seed integer
 * @param {number} index integer
 * @returns {number}
 */
export function randomAt(seed, index) {
  let h = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(index | 0, 0x85ebca6b)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/**
 * A stream of numbers in [0, 1) for set-up code (positions of dust, variation between objects).
 * @param {number} seed integer
 * @returns {() => number}
 */
export function randomStream(seed) {
  let index = 0;
  return () => randomAt(seed, index++);
}
