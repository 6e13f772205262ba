// Composition for each frame shape: where the horizon lies, how high the camera stands, how wide the land is laid out.

/** @typedef {import('../core/contract.js').Layout} Layout */

/**
 * In units of half the frame's smaller side at the nearest row, which is one unit away.
 * @typedef {object} Framing
 * @property {number} horizon height of the horizon on the screen
 * @property {number} edge height on the screen at which the land ends
 * @property {number} camera height of the camera above the ground
 * @property {number} rise height of a full ridge
 * @property {number} spread where the spectrum ends in the nearest row
 * @property {number} fan 0 = true perspective .. 1 = a column keeps its place on the screen
 * @property {number} far distance of the farthest row
 * @property {number} outer how many spreads the farthest row needs to leave no gap at the sides
 * @property {number} inner the share of the columns in the middle, where the near rows are
 */

/** How much wider than the frame the land is: the bank and the sway turn its edges into sight. */
export const OVERSCAN = 1.16;

/**
 * @param {Layout} layout
 * @param {boolean} tunnel
 * @returns {Framing}
 */
export function framingFor(layout, tunnel) {
  return tunnel ? tunnelFraming(layout) : landFraming(layout);
}

/** @param {Layout} layout @returns {Framing} */
function landFraming({width, shape, hasText}) {
  const horizon = {wide: -.14, tall: hasText ? .3 : .1, square: -.08}[shape];
  // The land begins above the title: in the lower left corner of wide and square frames, below the subject in tall ones.
  const ground = hasText ? {wide: -.66, tall: -.7, square: -.64}[shape] : {wide: -.9, tall: -1.12, square: -.88}[shape];
  const fan = .42;
  const far = 4;
  const spread = shape === 'wide' ? width * 1.05 : width * 1.2;
  const outer = OVERSCAN * width / spread * far ** (1 - fan);
  const camera = horizon - ground;
  return {horizon, edge: horizon - camera / far, camera, rise: Math.min(camera, .86), spread, fan, far, outer, inner: outer * .62};
}

/** @param {Layout} layout @returns {Framing} */
function tunnelFraming({subjectY, shape}) {
  const radius = shape === 'wide' ? 1.45 : 1.3;
  return {horizon: subjectY, edge: -9, camera: radius * .94, rise: radius * .3, spread: radius, fan: 0, far: 10, outer: 1, inner: 1};
}
