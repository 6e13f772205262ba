// The disc in the middle: the cover, a planet, an eclipse, a low sun or a record that shows the song in its grooves.
import {BufferAttribute, BufferGeometry, DataTexture, Group, LinearFilter, Mesh, RGBAFormat, Sphere, UnsignedByteType, Vector4} from 'three';
import {DISC_INK, DISC_PLACE} from './centre.glsl.js';
import {inkMaterial} from './ink.js';

/** @typedef {'cover' | 'planet' | 'eclipse' | 'sun' | 'record'} Body */

const GROOVES = 512;
const LABEL = .37;

export class Centre {
  /**
   * @param {import('./ink.js').Uniforms} shared
   * @param {Body} body
   * @param {import('./colours.js').Colours} colours
   * @param {import('../core/contract.js').LookStage} stage
   */
  constructor(shared, body, colours, {cover, track}) {
    this.body = body;
    this.song = body === 'record' ? songTexture(track) : null;
    this.place = new Vector4();
    this.light = new Vector4();
    this.uniforms = {
      ...shared, light: {value: this.light}, picture: {value: cover}, song: {value: this.song}, deep: {value: colours.deep},
      bass: {value: colours.bass}, treble: {value: colours.treble}, glint: {value: colours.light},
    };
    this.mesh = new Group();
    /** @type {Mesh<BufferGeometry, import('three').RawShaderMaterial>[]} */
    this.discs = [];
    this.labelPlace = new Vector4();
    const lit = body === 'planet' || body === 'sun';
    this.addDisc(body, lit ? 14 : 1, this.place, Boolean(cover));
    if (body === 'record') this.addDisc('label', 1, this.labelPlace, Boolean(cover));
  }

  /**
   * @param {string} variant
   * @param {number} rings of the mesh, close together at the edge
   * @param {Vector4} place
   * @param {boolean} pictured
   */
  addDisc(variant, rings, place, pictured) {
    /** @type {Record<string, string>} */
    const defines = {[variant.toUpperCase()]: ''};
    if (pictured) defines.PICTURE = '';
    const material = inkMaterial(DISC_PLACE, DISC_INK, {...this.uniforms, place: {value: place}}, defines);
    material.depthWrite = true;
    const disc = new Mesh(discGeometry(rings, 72), material);
    disc.frustumCulled = false;
    disc.renderOrder = this.discs.length * .1;
    this.discs.push(disc);
    this.mesh.add(disc);
  }

  /**
   * @param {number} radius in layout units
   * @param {number} turn radians
   * @param {number} bounce light that the ring throws back
   */
  put(radius, turn, bounce) {
    this.place.set(radius, Math.cos(turn), Math.sin(turn), bounce);
    this.labelPlace.set(radius * LABEL, Math.cos(turn), Math.sin(turn), bounce);
  }

  dispose() {
    this.song?.dispose();
    for (const {geometry, material} of this.discs) {
      geometry.dispose();
      material.dispose();
    }
  }
}

/**
 * A disc a little larger than the circle, so that its straight sides do not cut it.
 * @param {number} rings
 * @param {number} sides
 */
function discGeometry(rings, sides) {
  const places = [0, 0, 0];
  const index = [];
  for (let k = 1; k <= rings; k++) {
    const r = 1.012 * (1 - (1 - k / rings) ** 1.8);
    for (let i = 0; i < sides; i++) {
      const a = 2 * Math.PI * i / sides;
      const [here, next] = [1 + (k - 1) * sides + i, 1 + (k - 1) * sides + (i + 1) % sides];
      places.push(r * Math.cos(a), r * Math.sin(a), 0);
      if (k === 1) index.push(0, here, next);
      else index.push(here - sides, here, next, here - sides, next, next - sides);
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(places), 3));
  geometry.setIndex(index);
  geometry.boundingSphere = new Sphere();
  return geometry;
}

/**
 * What a record's surface throws back at each radius: red the grooves, green the song's loudness from its start at the
 * rim to its end at the label.
 * @param {import('../../sound/track.js').FeatureTrack} track
 */
function songTexture(track) {
  const data = new Uint8Array(GROOVES * 4);
  for (let i = 0; i < GROOVES; i++) {
    const r = (i + .5) / GROOVES;
    const t = track.durationS * (.955 - r) / .545;
    const pressed = r > .41 && r < .955;
    const loud = pressed ? track.value('loudness', t) ** 2 * (.7 + .3 * track.value('treble', t)) : 0;
    const groove = .85 + .15 * Math.sin(r * 230);
    data.set([(pressed ? .4 + .6 * loud : .5) * (pressed ? groove : 1) * 255, loud * 255, 0, 255].map(Math.round), i * 4);
  }
  const texture = new DataTexture(data, GROOVES, 1, RGBAFormat, UnsignedByteType);
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}
