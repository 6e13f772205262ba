// How far the camera has gone: a monotone function of time whose speed follows the loudness, and its inverse.

/** @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack */

const CALM = .45;
const LOUD = .8;
const STEPS = 34;

/** Distances are counted in rows of the land; row k is laid down at the moment when `distance` reaches k. */
export class Travel {
  /**
   * @param {FeatureTrack} track
   * @param {number} rowsPerS rows a second at an ordinary loudness
   */
  constructor(track, rowsPerS) {
    this.track = track;
    this.rowsPerS = rowsPerS;
  }

  /**
   * Rows travelled from the start of the song; negative before it. Silence still moves.
   * @param {number} t seconds
   */
  distance(t) {
    return this.rowsPerS * (CALM * t + LOUD * this.track.integral('loudness', t));
  }

  /**
   * The moment at which a distance was reached: bisection, because the integral has no closed inverse. The number of
   * steps is fixed, so that a row has one time, whatever frame asks for it.
   * @param {number} rows
   * @returns {number} seconds
   */
  timeAt(rows) {
    const slowest = rows / (this.rowsPerS * CALM);
    const fastest = rows / (this.rowsPerS * (CALM + LOUD));
    let low = Math.min(slowest, fastest);
    let high = Math.max(slowest, fastest);
    for (let i = 0; i < STEPS; i++) {
      const middle = (low + high) / 2;
      if (this.distance(middle) < rows) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }
}
