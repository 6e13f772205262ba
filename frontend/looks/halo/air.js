// The air around the halo: the night or the blurred cover, the light behind the disc, and how hits brighten both.

/** @typedef {import('./motion.js').Motion} Motion */

/**
 * @param {import('../core/contract.js').Air} air
 * @param {import('../../sound/sound.js').FrameSound} sound
 * @param {Motion} motion
 * @param {import('../core/contract.js').LookStage} stage
 * @param {import('./colours.js').Colours} colours
 */
export function setAir(air, {t}, motion, {layout, params, cover, background}, colours) {
  // The look's own night stands where the background would be a cover that the song does not have.
  const empty = background.type === 'image';
  const pictured = empty && cover !== null;
  if (empty) {
    air.top.copy(colours.top);
    air.bottom.copy(colours.bottom);
  }
  const day = .72 + .28 * motion.lift + .1 * motion.kick;
  air.top.multiplyScalar(day);
  air.bottom.multiplyScalar(day);
  air.horizon = .5 + .05 * Math.sin(t * .11);
  air.softness = .62;
  air.haze.copy(colours.bass).lerp(colours.treble, .35 + .3 * Math.sin(t * .13) + motion.tone);
  air.hazeX = .5 + (layout.subjectX + .04 * Math.sin(t * .19)) / (2 * layout.width);
  air.hazeY = .5 + (layout.subjectY + .05 * Math.sin(t * .15 + 2)) / (2 * layout.height);
  air.hazeRadius = (1.05 + .18 * motion.lift + .12 * motion.kick) / (2 * layout.height);
  air.hazeStrength = params.atmosphere * (.2 + .2 * motion.lift + .06 * motion.bass + .2 * motion.onset + .03 * motion.breath);
  air.glow *= .75 + .3 * motion.lift + .35 * motion.kick;
  air.exposure = 1 + .03 * motion.kick + .07 * motion.onset;
  air.imageZoom = 1.3 + .04 * Math.sin(t * .1) + .03 * motion.kick;
  air.imageX = .05 * Math.sin(t * .083);
  air.imageY = .05 * Math.sin(t * .067 + 1);
  air.imageDim = params.atmosphere * (.26 + .2 * motion.lift + .14 * motion.onset) * (1.6 - 1.15 * colours.bright);
  // The cover brings its own colours; more light over it would only turn them to mud.
  if (pictured) air.hazeStrength *= 1.1 - colours.bright;
}
