// Halo: the cover, an eclipse or a record in the middle of a ring that is the spectrum.
import {Camera, DataTexture, FloatType, NearestFilter, RedFormat, Scene, Vector2, Vector4} from 'three';
import {setAir} from './air.js';
import {Bars} from './bars.js';
import {Centre} from './centre.js';
import {coloursOf} from './colours.js';
import {Dust} from './dust.js';
import {COLUMNS, ROWS} from './ink.js';
import {Lines} from './lines.js';
import {Monogram, initialOf} from './monogram.js';
import {motionAt, shocksAt} from './motion.js';
import {Profile} from './profile.js';
import {ECHO_ROW, STYLES, addEcho, addShocks} from './ring.js';

/** @typedef {import('../core/contract.js').LookStage} LookStage */
/** @typedef {import('../../sound/sound.js').FrameSound} FrameSound */
/** @typedef {import('./motion.js').Motion} Motion */

/** @type {import('../core/contract.js').CreateLook} */
export function create(stage) {
  return new Halo(stage);
}

class Halo {
  /** @param {LookStage} stage */
  constructor(stage) {
    const {params, layout, seed} = stage;
    this.stage = stage;
    /** One pixel of a 1080p frame in pixels of this one: what line widths are given in. */
    this.pixel = Math.min(stage.width, stage.height) / 1080;
    this.colours = coloursOf(params, stage.coverPalette);
    this.levels = new Float32Array(COLUMNS * ROWS);
    this.texture = new DataTexture(this.levels, COLUMNS, ROWS, RedFormat, FloatType);
    this.texture.minFilter = this.texture.magFilter = NearestFilter;
    this.shared = this.sharedUniforms();
    this.profile = new Profile(stage.track);
    this.camera = new Camera();
    this.scene = new Scene();
    const barred = ['bars', 'dots', 'rays'].includes(params.style);
    this.bars = barred ? new Bars(this.shared, params.style, params.bars, 0) : null;
    this.echo = barred && params.echo > 0 ? new Bars(this.shared, 'bars', params.bars, ECHO_ROW) : null;
    this.fills = new Lines(this.shared, true, 3);
    this.lines = new Lines(this.shared, false, params.style === 'petals' ? 2 : 1);
    this.circles = new Lines(this.shared, false, 3);
    this.dust = params.dust > 0 ? new Dust(this.shared, Math.round(40 + 300 * params.dust), seed) : null;
    this.addCentre();
    for (const part of this.parts) this.scene.add(part.mesh);
    this.flatten();
    // What leans back is flat, and may be wider where the frame is.
    const room = 1 + .62 * Math.sin(params.tilt * Math.PI / 180) * (Math.min(1.8, layout.width) - 1);
    this.extent = layout.subjectRadius * room;
    this.ringRadius = this.extent * params.radius;
  }

  /** Everything that is drawn. */
  get parts() {
    const {dust, centre, monogram, fills, lines, circles, echo, bars} = this;
    return [dust, centre, monogram, fills, lines, circles, echo, bars].filter((part) => part != null);
  }

  get leaning() {
    return this.stage.params.tilt > 0;
  }

  /** While nothing leans, the order of drawing is depth enough, and cheaper. */
  flatten() {
    for (const disc of this.centre?.discs ?? []) disc.material.depthWrite = this.leaning;
    this.scene.traverse((thing) => {
      if ('material' in thing) /** @type {import('three').Material} */ (thing.material).depthTest = this.leaning;
    });
  }

  addCentre() {
    const {params, cover, title, layout, height, width} = this.stage;
    const letter = initialOf(title);
    let wanted = params.centre;
    if (wanted === 'auto') wanted = cover ? 'cover' : 'emblem';
    if (wanted === 'cover' && !cover) wanted = 'emblem';
    const body = wanted === 'emblem' ? 'planet' : wanted;
    this.centre = body === 'none' ? null : new Centre(this.shared, body, this.colours, this.stage);
    const size = layout.subjectRadius * params.radius * params.centreSize * Math.min(width, height) * .5;
    this.monogram = wanted === 'emblem' && letter ? new Monogram(this.shared, letter, size, this.colours) : null;
  }

  sharedUniforms() {
    const {layout, params, width, height} = this.stage;
    return {
      levels: {value: this.texture}, ramp: {value: this.colours.ramp}, unit: {value: Math.min(width, height) / 2},
      frame: {value: new Vector4(layout.subjectX, layout.subjectY, 1 / layout.width, 1 / layout.height)},
      lean: {value: new Vector4(1, 0, 1, 0)},
      fold: {value: new Vector2(params.symmetry, 0)},
    };
  }

  /**
   * @param {FrameSound} sound
   * @param {import('../core/contract.js').Air} air
   */
  draw(sound, air) {
    const {stage, colours} = this;
    const motion = motionAt(sound, stage.params.pulseIntensity);
    setAir(air, sound, motion, stage, colours);
    this.shared.fold.value.y = motion.tone + .05 * motion.hat;
    this.placeLean(sound);
    this.placeRing(sound, motion);
    this.placeCentre(sound, motion);
    this.placeDust(sound, motion);
    this.texture.needsUpdate = true;
    stage.renderer.setRenderTarget(stage.target);
    stage.renderer.clear(true, this.leaning, false);
    stage.renderer.render(this.scene, this.camera);
  }

  /** The plane rocks a little with the stereo picture and with time. @param {FrameSound} sound */
  placeLean({t, balance}) {
    const {tilt, roll} = this.stage.params;
    const a = (tilt + (tilt ? 2.5 : 0) * Math.sin(t * .31)) * Math.PI / 180;
    const b = (roll + 2 * balance + 1.2 * Math.sin(t * .23 + 1)) * Math.PI / 180;
    this.shared.lean.value.set(Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b));
  }

  /**
   * @param {FrameSound} sound
   * @param {Motion} motion
   */
  placeRing(sound, motion) {
    const {params} = this.stage;
    const radius = this.ringRadius * motion.scale;
    const reach = (this.extent - this.ringRadius) * params.reach * (.68 + .42 * motion.lift);
    const turn = this.turnAt(sound) + (params.bassAt === 'top' ? Math.PI : 0);
    const frame = {
      sound, motion, profile: this.profile, levels: this.levels, params,
      lines: this.lines, circles: this.circles, fills: this.fills,
      radius, reach, turn, pixel: this.pixel,
    };
    const batches = [this.fills, this.lines, this.circles];
    for (const batch of batches) batch.clear();
    addShocks(frame, shocksAt(sound));
    if (!this.bars) addEcho(frame);
    STYLES[params.style](frame);
    if (this.centre?.body === 'record') this.addNeedle(sound, motion, radius);
    for (const batch of batches) batch.close();
    this.placeBars(sound, motion, radius, reach, turn);
  }

  /** Rotation follows the loudness heard so far, so it never jumps. @param {FrameSound} sound */
  turnAt(sound) {
    return this.stage.params.rotation * (.06 * sound.t + .3 * sound.integral('loudness'));
  }

  /**
   * @param {FrameSound} sound
   * @param {Motion} motion
   * @param {number} radius
   * @param {number} reach
   * @param {number} turn
   */
  placeBars(sound, motion, radius, reach, turn) {
    if (!this.bars) return;
    const {bars, thickness, reflection, symmetry, mirror, style} = this.stage.params;
    // The frame's end: a hit that falls into the frame is seen in it.
    this.profile.at(sound.t1, style === 'rays' ? 2 : 1).lay(this.levels, 0, bars, symmetry, mirror, .5);
    const {shape, form, light} = this.bars.uniforms;
    shape.value.set(radius, .012 + .006 * motion.breath * (1 - motion.loud), reach, turn);
    form.value.set(bars, thickness, style === 'rays' ? 0 : reflection * .5, .35 + .5 * motion.snare);
    light.value = [.78 + .2 * motion.kick, 1];
    if (this.echo) this.placeEcho(this.echo, sound, motion, radius, reach, turn);
  }

  /**
   * The second, fainter ring: hairlines that show what the bars were a moment ago.
   * @param {Bars} echo
   * @param {FrameSound} sound
   * @param {Motion} motion
   * @param {number} radius
   * @param {number} reach
   * @param {number} turn
   */
  placeEcho(echo, sound, motion, radius, reach, turn) {
    const {bars, symmetry, mirror, echoDelay, echo: amount} = this.stage.params;
    this.profile.at(sound.t1 - echoDelay, 2).lay(this.levels, ECHO_ROW * COLUMNS, bars, symmetry, mirror, .5);
    const {shape, form, light} = echo.uniforms;
    shape.value.set(radius + reach * 1.12, .004, reach * .4, turn);
    // Hairlines, however few they are: share of the slot that makes a little over a pixel.
    const slot = 2 * Math.PI * shape.value.x * this.shared.unit.value / bars;
    form.value.set(bars, Math.min(.3, 2.4 * this.pixel / slot), 0, 0);
    const strength = amount * (.3 + .5 * motion.lift);
    light.value = [strength, strength * .5];
  }

  /**
   * A line of light on the groove that is playing.
   * @param {FrameSound} sound
   * @param {Motion} motion
   * @param {number} radius of the ring
   */
  addNeedle({t}, motion, radius) {
    const {track, params} = this.stage;
    const place = .955 - .545 * Math.min(1, t / track.durationS);
    this.circles.add({
      radius: radius * params.centreSize * place, reach: 0, row: 0, heat: .5, tone: .5, span: 0,
      width: this.pixel * (.8 + motion.kick), alpha: .3 + .5 * Math.min(1, motion.onset),
    });
  }

  /**
   * @param {FrameSound} sound
   * @param {Motion} motion
   */
  placeCentre({t}, motion) {
    if (!this.centre) return;
    const {params} = this.stage;
    const radius = this.ringRadius * params.centreSize * motion.scale;
    const spin = params.spin * t * 3.49;
    const angle = .9 + .11 * t + .5 * Math.sin(t * .17);
    // In the turning plane's own coordinates the light stands still.
    const local = this.centre.body === 'record' ? angle + spin : angle;
    this.centre.put(radius, -spin, motion.loud + motion.bass);
    this.centre.light.set(Math.cos(local), Math.sin(local), .4 + motion.snare, Math.min(1, motion.kick));
    this.monogram?.place.set(radius * .5, .82 + .18 * Math.min(1, motion.snare + motion.kick), 0, 0);
  }

  /**
   * @param {FrameSound} sound
   * @param {Motion} motion
   */
  placeDust(sound, motion) {
    if (!this.dust) return;
    const {layout, params} = this.stage;
    const far = Math.hypot(layout.width, layout.height) * 1.1;
    const way = sound.t * .012 + sound.integral('loudness') * .07;
    this.dust.drift.set(way, this.ringRadius * 1.02, far, .4 + .4 * motion.lift + .35 * motion.onset);
    this.dust.spark.set(motion.hat, sound.t * .13, this.pixel * (1.8 + params.dust), .35);
  }

  dispose() {
    for (const part of this.parts) part.dispose();
    this.texture.dispose();
    this.colours.ramp.dispose();
  }
}
