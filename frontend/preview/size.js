// How large a preview's canvas is: as large as it is seen, in the shape of the video, and no more than the machine manages.

/** More pixels than these do not fit into every phone. */
const MOST_PIXELS = 1920 * 1080;
const SMALLEST_SIDE = 180;
/** A slow machine gets a smaller picture, in these steps, never a different time. */
const SCALES = [1, .75, .5, .36];
const SLOW_MS = 40;
const MEASURED = 12;

/**
 * @param {{width: number, height: number}} video pixels
 * @param {number} seen width of the canvas on the screen, in pixels of the screen
 * @param {number} scale 0..1
 * @returns {{width: number, height: number}} even numbers, no larger than the video
 */
export function sizeFor({width, height}, seen, scale) {
  const fit = Math.min(1, Math.max(1, seen) / width, Math.sqrt(MOST_PIXELS / (width * height))) * scale;
  const used = Math.min(1, Math.max(fit, SMALLEST_SIDE / Math.min(width, height)));
  const even = (/** @type {number} */ side) => Math.max(2, 2 * Math.round(side * used / 2));
  return {width: even(width), height: even(height)};
}

/** Learns from the time that frames take how large they may be. */
export class Pace {
  constructor() {
    this.step = 0;
    /** @type {number[]} */
    this.times = [];
  }

  get scale() {
    return SCALES[this.step];
  }

  /**
   * It only ever shrinks: growing again would go back and forth for ever.
   * @param {number} ms that a frame took
   * @returns {boolean} whether another size should be drawn from now on
   */
  take(ms) {
    this.times.push(ms);
    if (this.times.length < MEASURED) return false;
    const median = this.times.sort((a, b) => a - b)[MEASURED >> 1];
    this.times = [];
    if (median <= SLOW_MS || this.step === SCALES.length - 1) return false;
    this.step++;
    return true;
  }
}
