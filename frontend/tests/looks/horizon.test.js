// The land of "horizon": the way back from distance to time, and rows that do not depend on what was drawn before.
import {describe, expect, it} from 'vitest';
import {planRows} from '../../looks/horizon/mesh.js';
import {Relief} from '../../looks/horizon/relief.js';
import {Rows} from '../../looks/horizon/rows.js';
import {Skyline} from '../../looks/horizon/skyline.js';
import {Travel} from '../../looks/horizon/travel.js';

/** A song whose loudness swings once a second: ∫ (.5 + .5 sin 2πt) dt in closed form. */
const track = /** @type {any} */ ({
  value: (/** @type {string} */ _, /** @type {number} */ t) => .5 + .5 * Math.sin(2 * Math.PI * t),
  integral: (/** @type {string} */ _, /** @type {number} */ t) => .5 * t + (.5 / (2 * Math.PI)) * (1 - Math.cos(2 * Math.PI * t)),
  pulse: () => 0,
  bandsAt: (/** @type {number} */ t, /** @type {Float32Array} */ out) => out.map((_, i) => (out[i] = .5 + .5 * Math.sin(t * 3 + i * .4))),
});

const places = Float32Array.from({length: 17}, (_, i) => i / 8 - 1);
const newRows = () => new Rows(track, new Travel(track, 8),
  new Relief(track, {places, shape: 'valley', softness: .3, jitter: 0, seed: 1}), 12, false);

describe('travel', () => {
  it('finds the time of a distance again', () => {
    const travel = new Travel(track, 8);
    for (const t of [-1.5, 0, .01, .77, 12.3, 3599]) expect(travel.timeAt(travel.distance(t))).toBeCloseTo(t, 6);
  });

  it('never stands still', () => {
    const travel = new Travel(track, 8);
    for (let t = 0; t < 3; t += .01) expect(travel.distance(t + .01)).toBeGreaterThan(travel.distance(t));
  });
});

describe('rows', () => {
  it('are the same whatever was drawn before', () => {
    const [walked, jumped] = [newRows(), newRows()];
    for (let frame = 0; frame <= 90; frame++) walked.update(frame / 30);
    jumped.update(7);
    jumped.update(3);
    expect(jumped.data).toEqual(walked.data);
  });

  it('move without a jump when a new one is finished', () => {
    const rows = newRows();
    const travel = new Travel(track, 8);
    const change = travel.timeAt(20);
    rows.update(change - 1e-6);
    const before = rows.data.slice(rows.width, 2 * rows.width - 4);
    rows.update(change + 1e-6);
    const born = rows.data.slice(2 * rows.width, 3 * rows.width - 4);
    // The heights of the row that departs are those that were sounding.
    for (let i = 0; i < before.length; i += 4) expect(Math.abs(born[i] - before[i])).toBeLessThan(.001);
  });
});

describe('plan of the mesh', () => {
  it('spares the columns that no camera sees and keeps whole cells', () => {
    const plan = planRows(33, 20, false, (column, row) => Math.abs(column - 16) < 4 + row);
    for (const {step, from, to} of plan) {
      expect(from % 4).toBe(0);
      expect((to - from) % step).toBe(0);
    }
    expect(plan[0].from).toBeGreaterThan(plan[19].from);
  });
});

describe('skyline', () => {
  const plan = Array.from({length: 4}, () => ({step: 2, from: 0, to: 16}));
  const vector = (/** @type {number[]} */ ...[x, y, z, w]) => ({value: {x, y, z, w}});
  const view = /** @type {any} */ ({
    camera: vector(0, 1, 1, 0), lay: vector(1, 1, 1, 0), frame: vector(1, 1, 1, 0), rise: vector(1, 16, 1, 4), pen: vector(0, 540),
  });
  /** Flat rows at the distances 1, 2 and 3. */
  const trace = (/** @type {number[]} */ ...heights) => {
    const width = 18 * 4;
    const data = new Float32Array(width * 4);
    [heights[0], ...heights].forEach((height, row) => {
      for (let i = 0; i < 17; i++) data[row * width + i * 4] = height;
      data[(row + 1) * width - 4] = row - 1;
    });
    new Skyline(places, plan).trace(/** @type {any} */ ({data, width, count: 4, keptAt: () => 1}), view);
    return (/** @type {number} */ row) => data.subarray(row * width + 32, row * width + 36);
  };

  it('ends a body just below the outline of the row in front', () => {
    const [, , foot, hidden] = trace(.2, .2, .2)(3);
    // On the screen row 2 stands at (.2 - 1) / 2.
    expect(foot).toBeLessThan(-.4);
    expect(foot).toBeGreaterThan(-.43);
    expect(hidden).toBe(0);
  });

  it('hides all that stands behind a higher row, and gives it no height', () => {
    const at = trace(.9, .2, .2);
    for (const row of [2, 3]) {
      expect(at(row)[3]).toBe(1);
      expect(at(row)[2]).toBeCloseTo((.2 - 1) / row, 5);
    }
  });
});
