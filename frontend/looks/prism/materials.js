// What the solid can be made of: how much it mirrors, lets through, dyes and swallows light.

/**
 * @typedef {object} Finish
 * @property {number} base reflection seen head-on, 0..1
 * @property {number} metal reflection added at all angles, 0..1
 * @property {number} dye how far reflections take the palette's colour, 0..1
 * @property {number} clear light that comes through; 0 = opaque
 * @property {number} colour how far what comes through is dyed, 0..1
 * @property {number} absorb light lost along a way of one size
 * @property {number} body light of the opaque body's own colour
 */

/** @type {Record<string, Finish>} */
export const MATERIALS = {
  glass: {base: .1, metal: .04, dye: .15, clear: 1, colour: .92, absorb: .16, body: 0},
  ice: {base: .08, metal: .05, dye: .05, clear: 1.5, colour: .5, absorb: .2, body: 0},
  metal: {base: .5, metal: .55, dye: .72, clear: 0, colour: 0, absorb: 0, body: .35},
  obsidian: {base: .07, metal: .16, dye: .25, clear: 0, colour: 0, absorb: 0, body: .12},
  pearl: {base: .2, metal: .2, dye: .5, clear: 0, colour: 0, absorb: 0, body: 1},
};
