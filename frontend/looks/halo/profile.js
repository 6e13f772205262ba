// The spectrum as heights around a ring: contrast, smoothing and the way it is folded round the circle.

/** @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack */

const BANDS = 64;
const FINE = 256;
/** What is quieter than this share of the window is floor, not music. */
const GATE = .24;
/** The top bands are air: in most mixes nothing moves there. */
const LAST = 60;
const SEAM = .07;

export class Profile {
  /** @param {FeatureTrack} track */
  constructor(track) {
    this.track = track;
    this.bands = new Float32Array(BANDS);
    this.shaped = new Float32Array(BANDS);
    /** Heights 0..1 from bass to treble. */
    this.heights = new Float32Array(FINE + 1);
  }

  /**
   * Read the spectrum at a moment.
   * @param {number} t seconds
   * @param {number} blur half width of the smoothing, in bands
   * @param {number} [from] first band, 0..1
   * @param {number} [to] last band, 0..1
   * @returns {this}
   */
  at(t, blur, from = 0, to = 1) {
    this.track.bandsAt(Math.max(0, t), this.bands);
    contrast(this.bands, this.shaped);
    soften(this.shaped, this.bands, blur);
    for (let i = 0; i <= FINE; i++) this.heights[i] = curveAt(this.bands, LAST * (from + (to - from) * i / FINE));
    return this;
  }

  /**
   * Lay the heights round the circle.
   * @param {Float32Array} out
   * @param {number} offset first index
   * @param {number} count samples round the circle
   * @param {number} repeats
   * @param {boolean} mirror the bass meets itself, and so does the treble
   * @param {number} shift of the first sample, in samples
   */
  lay(out, offset, count, repeats, mirror, shift = 0) {
    for (let i = 0; i < count; i++) {
      const v = ((i + shift) / count * repeats) % 1;
      out[offset + i] = mirror ? this.height(1 - Math.abs(2 * v - 1)) : this.open(v);
    }
  }

  /** A single run from bass to treble; the last stretch leads back to the first height, so that the ring closes. @param {number} v */
  open(v) {
    const mix = Math.max(0, (v - 1 + SEAM) / SEAM);
    const eased = mix * mix * (3 - 2 * mix);
    return this.height(v) * (1 - eased) + this.heights[0] * eased;
  }

  /** @param {number} f 0 bass .. 1 treble */
  height(f) {
    const x = Math.min(FINE - 1e-4, Math.max(0, f * FINE));
    const i = Math.floor(x);
    return this.heights[i] + (this.heights[i + 1] - this.heights[i]) * (x - i);
  }
}

/**
 * Only what stands out from its neighbours and is near its own peak moves far.
 * @param {Float32Array} bands
 * @param {Float32Array} out
 */
export function contrast(bands, out) {
  for (let i = 0; i < BANDS; i++) {
    let around = 0;
    for (let k = -4; k <= 4; k++) around += bands[Math.min(BANDS - 1, Math.max(0, i + k))];
    const level = Math.max(0, (bands[i] - GATE) / (1 - GATE));
    const stands = bands[i] - around / 9;
    out[i] = Math.min(1, Math.max(0, level ** 1.55 * .95 + stands * 1.7 * Math.min(1, level * 3)));
  }
}

/**
 * @param {Float32Array} values
 * @param {Float32Array} out
 * @param {number} width half width of the tent, in bands
 */
function soften(values, out, width) {
  const reach = Math.ceil(width);
  for (let i = 0; i < BANDS; i++) {
    let sum = 0;
    let weight = 0;
    for (let k = -reach; k <= reach; k++) {
      const w = 1 - Math.abs(k) / (width + 1);
      sum += values[Math.min(BANDS - 1, Math.max(0, i + k))] * w;
      weight += w;
    }
    out[i] = sum / weight;
  }
}

/**
 * Catmull-Rom through the bands, never below nothing.
 * @param {Float32Array} v
 * @param {number} x
 */
function curveAt(v, x) {
  const i = Math.min(BANDS - 2, Math.floor(x));
  const f = x - i;
  // Mirrored at the ends, so that the two halves meet without a corner.
  const a = v[i === 0 ? 1 : i - 1], b = v[i], c = v[i + 1], d = v[Math.min(BANDS - 1, i + 2)];
  const y = b + .5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
  return Math.min(1, Math.max(0, y));
}
