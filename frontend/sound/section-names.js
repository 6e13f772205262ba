// Names sections after what they do in the song: intro, build, drop, break, verse, outro.

/** @typedef {import('./track-codec.js').SectionData} SectionData */
/** @typedef {{start: number, end: number, power: number, rise: number}} Part power and its rise within, about 0..1 */
/** @typedef {Part & {energy: number}} Ranked */

/** Energy of a song that is one section: neither held back nor at its limit all the time. */
const ONLY_ENERGY = 0.7;
/** A drop is among the strongest parts; after one, a part this much weaker than the strongest is a break. */
const STRONG = 0.9;
const HELD_BACK = 0.72;
/** A build gets tenser by this much and leads into a part that lies this much above it. */
const RISES = 0.03;
const STEP_UP = 0.1;
/** Parts that differ by less than this are equally strong, and none of them is a drop. */
const FLAT = 0.15;

/**
 * @param {Part[]} parts in order
 * @returns {SectionData[]}
 */
export function nameSections(parts) {
  const strongest = Math.max(...parts.map(({power}) => power));
  const energy = (/** @type {Part} */ {power}) => {
    if (parts.length === 1) return strongest > 0 ? ONLY_ENERGY : 0;
    return strongest > 0 ? power / strongest : 0;
  };
  const ranked = parts.map((part) => ({...part, energy: energy(part)}));
  const flat = parts.length === 1 || Math.min(...ranked.map((part) => part.energy)) > 1 - FLAT;
  return ranked.map((part, i) => ({
    start: part.start,
    end: part.end,
    label: flat ? 'verse' : nameOf(ranked, i),
    energy: Math.round(part.energy * 10_000) / 10_000,
  }));
}

/**
 * @param {Ranked[]} parts
 * @param {number} i
 */
function nameOf(parts, i) {
  const part = parts[i];
  if (part.energy >= STRONG) return 'drop';
  if (i === 0) return 'intro';
  if (i === parts.length - 1) return 'outro';
  if (isBuild(parts, i)) return 'build';
  const afterDrop = parts.slice(0, i).some(({energy}) => energy >= STRONG);
  return afterDrop && part.energy < HELD_BACK ? 'break' : 'verse';
}

/**
 * A part that leads into a drop and is on its way there: tenser at its end, or stronger than the part before.
 * @param {Ranked[]} parts
 * @param {number} i
 */
function isBuild(parts, i) {
  const [before, part, next] = parts.slice(i - 1, i + 2);
  if (next.energy < STRONG || next.energy - part.energy < STEP_UP) return false;
  return part.energy > before.energy || (part.rise > RISES && part.energy > HELD_BACK);
}
