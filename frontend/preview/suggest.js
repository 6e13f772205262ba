// Leads from a wrong name to the right one, with the same words as the service.

const CUTOFF = .6;
const MOST = 3;

/**
 * The end of a sentence: up to three names that are like the wrong one, or else all of them.
 * @param {string} wrong
 * @param {string[]} valid
 */
export function suggest(wrong, valid) {
  const close = closeMatches(wrong, valid);
  if (close.length) return `did you mean ${close.map(quoted).join(' or ')}?`;
  return valid.length ? `it can be ${valid.map(quoted).join(', ')}.` : 'there is none to choose from.';
}

/** @param {unknown} name */
export function quoted(name) {
  return `“${name}”`;
}

/**
 * The best matches first, as Python's difflib.get_close_matches finds them.
 * @param {string} wrong
 * @param {string[]} valid
 */
function closeMatches(wrong, valid) {
  const scored = valid.map((name) => ({name, score: likeness(Array.from(name), Array.from(wrong))}));
  return scored.filter(({score}) => score >= CUTOFF)
    .sort((a, b) => b.score - a.score || (a.name < b.name ? 1 : -1))
    .slice(0, MOST).map(({name}) => name);
}

/**
 * Twice the number of characters in common blocks, by the number of all: 1 for equal texts.
 * @param {string[]} a
 * @param {string[]} b
 */
function likeness(a, b) {
  const all = a.length + b.length;
  // No text of these lengths can be more alike; it also keeps a very long name cheap.
  const most = all ? 2 * Math.min(a.length, b.length) / all : 1;
  return most < CUTOFF || !all ? most : 2 * commonCharacters(a, b) / all;
}

/**
 * The longest common block, and those to its left and right.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {number}
 */
function commonCharacters(a, b) {
  const {i, j, size} = longestBlock(a, b);
  if (!size) return 0;
  return size + commonCharacters(a.slice(0, i), b.slice(0, j)) + commonCharacters(a.slice(i + size), b.slice(j + size));
}

/**
 * @param {string[]} a
 * @param {string[]} b
 */
function longestBlock(a, b) {
  let best = {i: 0, j: 0, size: 0};
  let above = new Uint32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    const row = new Uint32Array(b.length + 1);
    for (let j = 0; j < b.length; j++) {
      if (a[i] !== b[j]) continue;
      const size = row[j + 1] = above[j] + 1;
      if (size > best.size) best = {i: i - size + 1, j: j - size + 1, size};
    }
    above = row;
  }
  return best;
}
