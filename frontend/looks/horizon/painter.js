// Sets what one frame shows: camera, light, colours and air, from the sound and the mood.
import {Color} from 'three';
import {dim, shade} from './colours.js';

/** @typedef {import('../core/contract.js').Air} Air */
/** @typedef {import('../../sound/sound.js').FrameSound} FrameSound */
/** @typedef {import('./mood.js').Mood} Mood */

const TURN = .55;

export class Painter {
  /**
   * @param {import('../core/contract.js').LookStage} stage
   * @param {import('./framing.js').Framing} framing
   * @param {import('./land.js').Land} land
   * @param {import('./sky.js').Sky} sky
   * @param {import('./rows.js').Rows} rows
   */
  constructor(stage, framing, land, sky, rows) {
    this.stage = stage;
    this.params = stage.params;
    this.framing = framing;
    this.land = land.uniforms;
    this.sky = sky;
    this.unit = Math.min(stage.width, stage.height) / 2;
    this.colours = Object.fromEntries(
      ['sunColor', 'lineColor', 'glowColor', 'landColor'].map((name) => [name, new Color(stage.params[name])]));
    this.land.rows.value = rows.texture;
    this.rows = rows;
    this.rowCount = rows.count;
    this.columns = rows.columns;
  }

  /**
   * @param {FrameSound} sound
   * @param {Mood} mood
   * @param {Air} air
   */
  set(sound, mood, air) {
    const hits = {
      kick: sound.pulse('kick', .22), snare: sound.pulse('snare', .18), hat: sound.pulse('hat', .08), onset: sound.pulse('onset', .1),
    };
    const sun = this.placeSun(sound, mood, hits);
    this.setCamera(sound, mood, hits);
    this.setColours(mood, hits, air);
    this.setSun(mood, hits, sun);
    this.setNight(sound, mood, hits);
    this.setAir(mood, hits, sun, air);
  }

  /**
   * @param {FrameSound} sound
   * @param {Mood} mood
   * @param {{kick: number}} hits
   */
  placeSun({t}, mood, {kick}) {
    const {params, framing, stage: {layout}} = this;
    const tunnel = params.style === 'tunnel';
    const base = layout.shape === 'tall' ? .46 : .36;
    const radius = base * params.sunSize * (tunnel ? .34 : 1) * (1 + .035 * kick + .12 * mood.burst + .05 * mood.drop);
    const path = {rises: mood.progress - .5, sets: .5 - mood.progress, stays: 0}[/** @type {'rises'} */ (params.sunPath)];
    const lift = tunnel ? 0 : radius * (params.sunHeight + .55 * path);
    const x = tunnel ? 0 : params.sunX * layout.width * .8 + .006 * Math.sin(t * .3);
    const y = Math.min((tunnel ? framing.horizon : framing.edge) + lift, layout.height - .7 * radius);
    return {x, y, radius};
  }

  /**
   * @param {FrameSound} sound
   * @param {Mood} mood
   * @param {{kick: number}} hits
   */
  setCamera(sound, mood, {kick}) {
    const {land: u, framing, params, stage: {layout}} = this;
    const sway = .09 * Math.sin(sound.integral('loudness') * .21) * framing.spread * .4;
    const breath = 1 + .025 * Math.sin(sound.t * .47) - .02 * kick;
    const roll = params.bank * (mood.bank * .11 + .012 * Math.sin(sound.t * .31));
    u.camera.value.set(sway, framing.camera * breath, 1 + .018 * kick + .03 * mood.burst, framing.horizon);
    u.lay.value.set(1, (framing.far - 1) / (this.rowCount - 3), framing.spread, framing.fan);
    u.frame.value.set(layout.width, layout.height, Math.cos(roll), Math.sin(roll));
    const gain = params.height * (.62 + .42 * mood.energy) * (1 + mood.drop) * (1 + .13 * kick);
    u.rise.value.set(framing.rise * gain, this.columns - 1, framing.inner, this.rowCount);
    u.outer.value = framing.outer;
    this.sky.uniforms.frame.value.copy(u.frame.value);
  }

  /**
   * @param {Mood} mood
   * @param {{kick: number, snare: number, hat: number, onset: number}} hits
   * @param {Air} air
   */
  setColours(mood, {kick, snare, hat, onset}, air) {
    const {land: u, colours, params} = this;
    const turn = mood.turn * TURN * params.moods;
    shade(air.top, turn, 1, 1, air.top);
    shade(air.bottom, turn * .6, .92 + .16 * mood.energy, 1, air.bottom);
    shade(colours.lineColor, turn * .8, 1, 1, u.lineColor.value);
    shade(colours.glowColor, turn * .5, 1, 1, u.highColor.value);
    shade(colours.sunColor, turn * .35, 1, 1, u.sunColor.value);
    shade(colours.landColor, turn, 1, 1, u.bodyNear.value);
    u.bodyFar.value.copy(u.bodyNear.value).lerp(air.bottom, .3);
    dim(u.sunColor.value, params.shimmer * .3 * (.7 + .5 * kick), u.sheen.value);
    u.wave.value = .5 + .5 * mood.energy;
    const light = params.lineLight * (.85 + .4 * mood.energy + .3 * onset + .35 * snare);
    u.pen.value.set(params.lineWidth * this.unit / 540, this.unit, light, .6);
    u.shine.value.set(.55 + .65 * params.highs, params.shimmer, .7 * params.highs, hat);
    u.fogShape.value.set(params.fog * (4.2 - 1.6 * mood.energy - mood.drop), .62, .72, 0);
    u.facetLight.value.copy(u.sunColor.value).multiplyScalar(.34 + .2 * onset);
    u.facetShade.value.copy(u.lineColor.value).multiplyScalar(.26);
  }

  /**
   * @param {Mood} mood
   * @param {{kick: number, onset: number}} hits
   * @param {{x: number, y: number, radius: number}} sun
   */
  setSun(mood, {onset, kick}, {x, y, radius}) {
    const {sky: {uniforms: u}, land, params, framing} = this;
    land.sunShape.value.set(x, y, radius, radius * 1.05 + .1);
    land.sunWay.value.set(x * .4, .5, .75).normalize();
    u.disc.value.set(x, y, radius, 0);
    const mist = params.style === 'tunnel' ? .001 : (.16 + .24 * params.fog) / (.5 + radius);
    const foot = params.style === 'tunnel' ? -9 : (framing.edge - y) / radius - .05;
    u.shape.value.set(radius * this.unit, u.shape.value.y, foot, mist);
    u.live.value.set(.86 + .1 * kick + .08 * onset, mood.burst, 1, .55);
    shade(land.sunColor.value, .2, 1.02, 1, u.upper.value);
    shade(land.sunColor.value, -.5, .8, 1.15, u.lower.value);
    u.dark.value.copy(land.bodyNear.value);
  }

  /**
   * Stars, aurora and the sparks on the ridges.
   * @param {FrameSound} sound
   * @param {Mood} mood
   * @param {{hat: number, snare: number}} hits
   */
  setNight({t, bands}, mood, {hat, snare}) {
    const {sky: {uniforms: u}, land, params, framing, rows, stage: {layout}} = this;
    const quiet = Math.min(1.3, Math.max(.2, 1.8 - 1.7 * mood.energy));
    u.night.value.set(params.stars * quiet, t, this.unit, hat * .5);
    const curtain = params.aurora * (.7 + .5 * mood.energy + .25 * snare + .5 * mood.drop);
    u.ribbon.value.set(t, curtain, Math.max(framing.edge, -.3) + .34, .4 * layout.height);
    u.low.value.copy(land.highColor.value);
    u.high.value.copy(land.lineColor.value);
    for (let i = 0; i < 8; i++) u.voices.value[i] = voiceOf(bands, i);
    land.glint.value.set(rows.newest, t, this.unit, params.sparks * 4.5);
    land.parity.value = Math.abs(rows.newest % 2);
  }

  /**
   * @param {Mood} mood
   * @param {{kick: number, onset: number}} hits
   * @param {{x: number, y: number, radius: number}} sun
   * @param {Air} air
   */
  setAir(mood, {kick, onset}, {x, y, radius}, air) {
    const {framing, params, stage: {layout: {width, height}}, land} = this;
    const level = ((params.style === 'tunnel' ? framing.horizon : framing.edge) / height + 1) / 2;
    air.softness = .34;
    air.horizon = level + .26;
    shade(land.sunColor.value, .05, .95, 1, air.haze);
    air.hazeX = (x / width + 1) / 2;
    air.hazeY = (y / height + 1) / 2;
    // Without a disc the glow belongs to the curtain above.
    if (params.sun === 'none') air.hazeY += .22;
    air.hazeRadius = (radius / height) * .5 * (2.1 + .9 * mood.energy + .35 * kick + .8 * mood.burst);
    air.hazeStrength = params.haze * (.42 + .3 * mood.energy + .16 * kick + .1 * onset + .3 * mood.burst);
    if (params.style === 'tunnel') {
      air.top.multiplyScalar(.3);
      air.bottom.multiplyScalar(.3);
    }
    air.exposure = 1 + .045 * onset + .03 * kick + .1 * mood.burst;
  }
}

/**
 * Two octaves of voices and leads around 250 Hz to 4 kHz in eight parts.
 * @param {Float32Array} bands
 * @param {number} part 0..7
 */
function voiceOf(bands, part) {
  const first = 22 + part * 3;
  return (bands[first] + bands[first + 1] + bands[first + 2]) / 3;
}
