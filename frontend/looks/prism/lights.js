// The lights of the room and the air behind the solid, moved by the sound.
import {Color, Matrix3, Vector3, Vector4} from 'three';
import {toOklch} from '../core/oklch.js';
import {mixColours, oklch} from '../core/palette.js';
import {DISTANCE, PITCH} from './motion.js';

/** @typedef {import('./motion.js').Cues} Cues */
/** @typedef {import('../core/contract.js').Air} Air */

const WHITE = new Color(1, 1, 1);

export class Lights {
  /**
   * @param {import('../core/contract.js').LookStage} stage
   * @param {import('./colours.js').Ramp} ramp
   * @param {number} floor height, layout units
   */
  constructor({params, layout, width, height}, ramp, floor) {
    this.params = params;
    this.layout = layout;
    this.ramp = ramp;
    this.near = new Color();
    this.far = new Color();
    this.uniforms = {
      lens: {value: new Vector4(DISTANCE, 1 / layout.width, 1 / layout.height, floor)},
      aim: {value: new Vector4(Math.sin(PITCH), Math.cos(PITCH), layout.subjectX / layout.width, layout.subjectY / layout.height)},
      halfSize: {value: [width / 2, height / 2]},
      mirrored: {value: 0},
      reflection: {value: params.reflection},
      hot: {value: hotOf(new Color(params.glowColor))},
      rimInk: {value: new Color(params.glowColor)},
      lineScale: {value: 1},
      softbox: {value: new Matrix3()},
      strip: {value: new Matrix3()},
      softboxColor: {value: new Color()},
      stripColor: {value: new Color()},
      behind: {value: new Matrix3()},
      lamps: {value: new Matrix3()},
      lowColor: {value: new Color()},
      highColor: {value: new Color()},
      ember: {value: 0},
      sizes: {value: new Vector4(.62, .42, .07, 1.1)},
      fringe: {value: params.dispersion * .11},
    };
  }

  /**
   * @param {Cues} cues
   * @param {import('../../sound/sound.js').FrameSound} sound
   */
  update(cues, sound) {
    const u = this.uniforms;
    const {near, far} = this;
    this.ramp.colour(cues.walk * .35, near);
    this.ramp.colour(cues.walk * .35 + .5, far);
    const way = sound.t * .11 + sound.integral('loudness') * .22;
    aimed(u.softbox.value, -.75 + .5 * Math.sin(way), .72 + .18 * Math.sin(way * .7 + 1), .55, .12 * Math.sin(way * .4));
    aimed(u.strip.value, .9 + .25 * Math.sin(way * .6 + 2), .1 + .3 * Math.sin(way * .45), .25, .25);
    const flash = .92 + .3 * cues.energy + .6 * cues.kickForce;
    mixColours(WHITE, near, .34, u.softboxColor.value).multiplyScalar(1.9 * flash);
    u.stripColor.value.copy(far).multiplyScalar(1.1 + 1.6 * cues.snare + .5 * cues.hit);
    this.lamps(cues, way);
    u.lowColor.value.copy(near).multiplyScalar(.1);
    u.highColor.value.copy(far).multiplyScalar(.06);
    u.ember.value = .05 + .04 * cues.energy + .12 * cues.kickForce;
  }

  /**
   * The lamps behind the solid: a high one to the left, a low one in the far colour to the right, the disc of haze.
   * @param {Cues} cues
   * @param {number} way
   */
  lamps(cues, way) {
    const {sin, cos} = Math;
    const {behind, lamps} = this.uniforms;
    x.set(-.75 + .2 * sin(way * .8), .75, -.35).normalize();
    y.set(.85, -.35 + .2 * cos(way * .6), -.4 + .2 * sin(way)).normalize();
    z.set(.1 * sin(way), .08, -1).normalize();
    behind.value.set(x.x, y.x, z.x, x.y, y.y, z.y, x.z, y.z, z.z);
    const {near, far} = this;
    const key = .85 + .35 * cues.energy + .8 * cues.kickForce;
    mixColours(WHITE, near, .5, lamp);
    x.set(lamp.r, lamp.g, lamp.b).multiplyScalar(key);
    y.set(far.r, far.g, far.b).multiplyScalar(.6 + .3 * cues.energy + 1. * cues.snare + .4 * cues.hit);
    z.set(near.r, near.g, near.b).multiplyScalar(.3 + .2 * cues.energy + .4 * cues.kickForce);
    lamps.value.set(x.x, y.x, z.x, x.y, y.y, z.y, x.z, y.z, z.z);
  }

  /**
   * @param {Air} air
   * @param {Cues} cues
   */
  breathe(air, cues) {
    const {layout, params} = this;
    air.horizon = .5 + (layout.subjectY - .62) / (2 * layout.height);
    air.softness = .16;
    air.haze.copy(this.near).multiplyScalar(.8);
    air.hazeX = .5 + layout.subjectX / (2 * layout.width);
    air.hazeY = .5 + (layout.subjectY + .06) / (2 * layout.height);
    air.hazeRadius = (.5 + .08 * cues.energy + .05 * cues.kickForce) / layout.height;
    air.hazeStrength = params.haze * (.34 + .2 * cues.energy + .34 * Math.max(cues.kickForce * .8, .7 * cues.hit));
    air.exposure = .94 + .06 * cues.energy + .07 * cues.hit;
    air.glow *= .75 + .25 * cues.energy + .5 * cues.kickForce;
  }
}

/** @param {Color} glow @returns {Color} the heart of a bright line: near white, of the same hue */
function hotOf({r, g, b}) {
  const {c, h} = toOklch(r, g, b);
  return oklch(.82, Math.min(c, .1), h);
}

const lamp = new Color();
const x = new Vector3();
const y = new Vector3();
const z = new Vector3();

/**
 * A light's own axes: across, up, towards it.
 * @param {Matrix3} out
 * @param {number} px where it stands
 * @param {number} py
 * @param {number} pz
 * @param {number} roll radians
 */
function aimed(out, px, py, pz, roll) {
  z.set(px, py, pz).normalize();
  x.set(Math.cos(roll), Math.sin(roll), 0).addScaledVector(z, -(Math.cos(roll) * z.x + Math.sin(roll) * z.y)).normalize();
  y.crossVectors(z, x);
  out.set(x.x, y.x, z.x, x.y, y.y, z.y, x.z, y.z, z.z);
}
