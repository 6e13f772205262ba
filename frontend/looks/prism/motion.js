// From the sound of a frame to what the solid, its lights and the camera do in it.
import {Color, Euler, Matrix3, Matrix4} from 'three';

/** @typedef {import('../../sound/sound.js').FrameSound} FrameSound */
/** @typedef {import('./colours.js').Ramp} Ramp */

/**
 * @typedef {object} Cues
 * @property {ArrayLike<number>} turn rotation, column-major 3x3
 * @property {number[]} eye position of the camera, layout units
 * @property {number} scale radius of the solid, layout units
 * @property {number} lift how far facets move out, as a share of their distance
 * @property {number} sway the same for smooth bodies: slow deformation by voices
 * @property {number} drift phase of the deformation
 * @property {number} reach how far the spectrum raises a body
 * @property {Float32Array} bands
 * @property {number} index of refraction
 * @property {number} fire how far refraction spreads the colours
 * @property {number} walk place on the palette
 * @property {number} edge half width of the edge lines, pixels
 * @property {number[]} edgeInk
 * @property {number} edgeLight
 * @property {number} innerEdge half width of the lines inside, pixels
 * @property {number} innerLight
 * @property {number} kick 0..1
 * @property {number} hit any onset, 0..1
 * @property {number} snare 0..1
 * @property {number} hat 0..1
 * @property {number} energy slow, 0..1
 * @property {number} kickForce kick times the user's intensity
 */

export const DISTANCE = 6.2;
export const PITCH = .13;

const matrix = new Matrix4();
const euler = new Euler();

export class Motion {
  /**
   * @param {import('../core/contract.js').LookStage} stage
   * @param {import('./shapes/registry.js').Shape} pose
   */
  constructor({params, layout, height, seed}, pose) {
    this.params = params;
    this.pose = pose;
    this.seed = seed;
    this.pixel = Math.min(height, height * layout.width / layout.height) / 1080;
    this.radius = layout.subjectRadius * .205 * params.size * pose.fit;
    this.turn = new Matrix3();
    const glow = new Color(params.glowColor);
    this.edgeInk = glow.toArray();
    const {sin, cos} = Math;
    this.eye = [0, DISTANCE * sin(PITCH), DISTANCE * cos(PITCH)];
  }

  /**
   * @param {FrameSound} sound
   * @returns {Cues}
   */
  at(sound) {
    const {params} = this;
    const force = params.pulseIntensity / 1.5;
    const kick = sound.pulse('kick', .2);
    const hit = sound.pulse('onset', .16);
    const snare = sound.pulse('snare', .18);
    const hat = sound.pulse('hat', .09);
    const energy = sound.intensity;
    const punch = Math.max(kick, .45 * hit);
    this.rotate(sound);
    const breath = .012 * Math.sin(sound.t * .9);
    const bass = sound.bass ** 1.5;
    const edge = (params.edgeWidth * .5 * (.75 + .35 * energy) + params.edgeWidth * force * (1.25 * punch + .25 * snare)) * this.pixel;
    return {
      turn: this.turn.elements, eye: this.eye, bands: sound.bands,
      scale: this.radius * (.93 + .07 * energy + breath + force * (.035 * bass + .085 * punch)),
      lift: params.displacement * (.09 * bass + .06 * punch),
      sway: params.displacement * (.015 + .03 * sound.mid), reach: params.displacement,
      drift: sound.t * .5 + sound.integral('mid') * 1.4,
      index: 1.46 + .16 * sound.mid,
      fire: .16 * params.dispersion,
      walk: .55 * sound.integral('treble') * .16 + .22 * sound.treble + .03 * sound.t * .3 + .04 * hat,
      edge, edgeInk: this.edgeInk, edgeLight: .56 + .2 * energy + .34 * punch,
      innerEdge: Math.max(.55, .6 * this.pixel), innerLight: .2 + .25 * energy + .8 * snare + .35 * hit,
      kick, hit, snare, hat, energy, kickForce: punch * force,
    };
  }

  /** @param {FrameSound} sound */
  rotate(sound) {
    const speed = this.params.rotationSpeed;
    const way = sound.t * .16 + sound.integral('loudness') * .34;
    const [x, y, z] = this.pose.tilt;
    const {swing} = this.pose;
    const round = swing ? swing * Math.sin(way * speed * .8) : way * speed;
    euler.set(x + .22 * Math.sin(way * .53 * speed), y + round, z + .16 * Math.sin(way * .37 * speed + 1.3));
    this.turn.setFromMatrix4(matrix.makeRotationFromEuler(euler));
  }
}
