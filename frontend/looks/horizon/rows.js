// The rows that are in sight, as a texture that the vertex shaders read: nearest first.
import {DataTexture, FloatType, NearestFilter, RGBAFormat} from 'three';
import {COARSER} from './mesh.js';
import {VALUES} from './relief.js';

/** @typedef {import('./relief.js').Relief} Relief */
/** @typedef {import('./travel.js').Travel} Travel */
/** @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack */

/** Row 0 is the dark slope in front of everything, row 1 is sounding now, row 2 is the newest one that is finished. */
const FRONT = 2;
/** Where the thinning begins and ends, in shares of the way to the farthest row; as in `keptAt` of the shaders. */
const THIN_FROM = .25;
const THIN_TO = .45;

/**
 * Texture of `columns + 1` texels a row. The last one holds: how many rows it lies behind the newest (0..), loudness,
 * hats and kick of its moment.
 */
export class Rows {
  /**
   * @param {FeatureTrack} track
   * @param {Travel} travel
   * @param {Relief} relief
   * @param {number} count rows in sight
   * @param {boolean} even whether all rows keep all their columns
   */
  constructor(track, travel, relief, count, even) {
    this.even = even;
    this.track = track;
    this.travel = travel;
    this.relief = relief;
    this.columns = relief.places.length;
    this.count = count;
    this.width = (this.columns + 1) * VALUES;
    this.data = new Float32Array(this.width * count);
    this.texture = new DataTexture(this.data, this.columns + 1, count, RGBAFormat, FloatType);
    this.texture.minFilter = NearestFilter;
    this.texture.magFilter = NearestFilter;
    /** Finished rows, kept so that they are worked out once; anything missing is worked out again. @private */
    this.kept = new Float32Array(this.width * count);
    /** @private */
    this.keptNumber = new Int32Array(count).fill(-2147483648);
    /** Number of the newest finished row, whole. */
    this.newest = 0;
    /** How far the newest finished row has gone, 0..1. */
    this.part = 0;
  }

  /** @param {number} t seconds */
  update(t) {
    const {travel, width, count, data} = this;
    const distance = travel.distance(t);
    this.newest = Math.floor(distance);
    this.part = distance - this.newest;
    const begun = travel.timeAt(this.newest);
    this.writeRow(data.subarray(width, 2 * width), distance, t, t);
    for (let i = FRONT; i < count; i++) {
      const number = this.newest - (i - FRONT);
      const out = data.subarray(i * width, (i + 1) * width);
      if (i === FRONT) this.writeRow(out, number, begun, Math.max(begun, t));
      else out.set(this.finished(number));
      out[width - VALUES] = distance - number;
      if (!this.even) this.simplify(out, distance - number);
    }
    if (!this.even) this.thinOut();
    data.set(data.subarray(width, 2 * width), 0);
    data[width - VALUES] = -1;
    data[2 * width - VALUES] = 0;
    this.texture.needsUpdate = true;
  }

  /**
   * @param {number} number
   * @returns {Float32Array} the row's values
   */
  finished(number) {
    const {kept, keptNumber, width, count, travel} = this;
    const slot = ((number % count) + count) % count;
    const out = kept.subarray(slot * width, (slot + 1) * width);
    if (keptNumber[slot] !== number) {
      this.writeRow(out, number, travel.timeAt(number), travel.timeAt(number + 1));
      keptNumber[slot] = number;
    }
    return out;
  }

  /**
   * @param {Float32Array} out
   * @param {number} number
   * @param {number} from seconds
   * @param {number} to seconds
   */
  writeRow(out, number, from, to) {
    this.relief.write(number, from, to, out);
    const {track, width} = this;
    out[width - 3] = to < 0 ? 0 : track.value('loudness', to);
    out[width - 2] = to < 0 ? 0 : track.pulse('hat', from, to + 1e-4, .09);
    out[width - 1] = to < 0 ? 0 : track.pulse('kick', from, to + 1e-4, .05);
  }

  /**
   * Bring a row to the columns that the mesh has for it, little by little, so that nothing pops as they become fewer.
   * @param {Float32Array} values
   * @param {number} age rows
   */
  simplify(values, age) {
    COARSER.forEach((share, level) => {
      const last = Math.floor(share * this.count) - 1;
      const first = Math.max(0, last - 4);
      const part = Math.min(1, Math.max(0, (age - first) / Math.max(1, last - first)));
      if (part > 0) coarsen(values, this.columns, (2 ** level) * VALUES, part);
    });
  }

  /**
   * How much of a row is itself: far away every second one becomes what lies between its neighbours, and is not drawn.
   * @param {number} row place in the texture
   */
  keptAt(row) {
    if (row < FRONT || (this.newest + row) % 2 === 0) return 1;
    const depth = (this.part + row - FRONT) / (this.count - 3);
    const x = Math.min(1, Math.max(0, (depth - THIN_FROM) / (THIN_TO - THIN_FROM)));
    return 1 - x * x * (3 - 2 * x);
  }

  /** See `keptAt`. */
  thinOut() {
    const {data, width, columns, count} = this;
    for (let row = FRONT; row < count - 1; row++) {
      const kept = this.keptAt(row);
      if (kept === 1) continue;
      for (let i = row * width; i < row * width + columns * VALUES; i += VALUES) {
        data[i] = (data[i - width] + data[i + width]) / 2 * (1 - kept) + data[i] * kept;
      }
    }
  }

  dispose() {
    this.texture.dispose();
  }
}

/**
 * Blend heights and lights towards what every second column alone can show.
 * @param {Float32Array} values
 * @param {number} columns
 * @param {number} stride numbers from one column in use to the next
 * @param {number} part 0 = as it is .. 1 = wholly
 */
function coarsen(values, columns, stride, part) {
  const last = (columns - 1) * VALUES;
  for (let channel = 0; channel < 2; channel++) {
    for (let i = 2 * stride; i < last; i += 2 * stride) {
      const o = i + channel;
      values[o] += part * .5 * ((values[o - stride] + values[o + stride]) / 2 - values[o]);
    }
    for (let i = stride; i < last; i += 2 * stride) {
      const o = i + channel;
      values[o] += part * ((values[o - stride] + values[o + stride]) / 2 - values[o]);
    }
  }
}
