// The library of shapes: one entry each. `planes` makes a cut solid; `surface` a smooth body (see surface/surface.js).
import {klein} from './bottle.js';
import {cone, cube, cylinder, dodecahedron, icosahedron, octahedron, tetrahedron} from './cut.js';
import {sphere, spectrumSphere, supershape} from './radial.js';
import {helix, mobius, torus, torusKnot} from './swept.js';

/**
 * @typedef {object} Shape
 * @property {() => import('./cut.js').Plane[]} [planes]
 * @property {() => import('./grid.js').SurfaceMesh} [surface]
 * @property {boolean} [shell] blown thin: seen through, with all its layers
 * @property {boolean} [spectrum] raised by the spectrum
 * @property {number} [engraved] strength of the lines on a smooth body, 0..1
 * @property {[number, number, number]} tilt resting attitude, radians
 * @property {number} [swing] turns to and fro by this angle instead of all the way round: for bodies with a front
 * @property {number} fit size that makes it look as large as the others
 */

/** @type {Record<string, Shape>} */
export const SHAPES = {
  icosahedron: {planes: icosahedron, tilt: [.2, .3, 0], fit: 1},
  dodecahedron: {planes: dodecahedron, tilt: [.3, .2, 0], fit: 1},
  octahedron: {planes: octahedron, tilt: [.12, .35, .1], fit: 1.08},
  tetrahedron: {planes: tetrahedron, tilt: [.2, .5, .08], fit: 1.08},
  cube: {planes: cube, tilt: [.62, .7, .1], fit: .95},
  cone: {planes: cone, tilt: [.1, 0, .14], fit: 1.12},
  cylinder: {planes: cylinder, tilt: [.42, 0, .22], fit: 1.05},
  sphere: {surface: sphere, tilt: [.35, 0, .3], fit: .95, engraved: .8},
  torus: {surface: torus, tilt: [.75, 0, .35], fit: 1.02, engraved: .8},
  torusKnot: {surface: torusKnot, swing: .6, tilt: [-.25, .1, 0], fit: .8},
  supershape: {surface: supershape, tilt: [.35, 0, .25], fit: .98, engraved: .7},
  mobius: {surface: mobius, swing: 1.1, tilt: [.95, .3, .15], fit: 1.02},
  klein: {surface: klein, shell: true, swing: .7, tilt: [.05, .3, -.35], fit: .95, engraved: .22},
  helix: {surface: helix, tilt: [.1, 0, .3], fit: 1},
  spectrumSphere: {surface: spectrumSphere, spectrum: true, tilt: [.5, 0, .25], fit: .86, engraved: .45},
};
