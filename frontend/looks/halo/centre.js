// The disc in the middle: the cover, an eclipse, a low sun or a record that shows the song in its grooves.
import {CircleGeometry, Color, DataTexture, LinearFilter, Mesh, RedFormat, Sphere, UnsignedByteType, Vector4} from 'three';
import {DISC_INK, DISC_PLACE} from './centre.glsl.js';
import {inkMaterial} from './ink.js';

/** @typedef {'cover' | 'eclipse' | 'sun' | 'record'} Body */

const GROOVES = 256;

export class Centre {
  /**
   * @param {import('./ink.js').Uniforms} shared
   * @param {Body} body
   * @param {import('./colours.js').Colours} colours
   * @param {import('../core/contract.js').LookStage} stage
   */
  constructor(shared, body, colours, {cover, track}) {
    this.body = body;
    // A little larger than the circle: its straight sides must not cut it.
    this.geometry = new CircleGeometry(1.012, 64);
    this.geometry.boundingSphere = new Sphere();
    this.song = body === 'record' ? songTexture(track) : null;
    this.place = new Vector4();
    this.light = new Vector4();
    this.rim = new Color();
    this.uniforms = {
      ...shared, place: {value: this.place}, light: {value: this.light}, rim: {value: this.rim},
      picture: {value: cover}, song: {value: this.song}, deep: {value: colours.deep},
      bass: {value: colours.bass}, treble: {value: colours.treble}, glint: {value: colours.light},
    };
    /** @type {Record<string, string>} */
    const defines = {[body.toUpperCase()]: ''};
    if (cover) defines.PICTURE = '';
    this.material = inkMaterial(DISC_PLACE, DISC_INK, this.uniforms, defines);
    this.material.depthWrite = true;
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 0;
  }

  dispose() {
    this.song?.dispose();
    this.geometry.dispose();
    this.material.dispose();
  }
}

/**
 * The song's loudness from its start at the rim to its end at the label.
 * @param {import('../../sound/track.js').FeatureTrack} track
 */
function songTexture(track) {
  const data = new Uint8Array(GROOVES);
  for (let i = 0; i < GROOVES; i++) {
    const t = track.durationS * (1 - (i + .5) / GROOVES);
    data[i] = Math.round(255 * track.value('loudness', t) ** 2 * (.75 + .25 * track.value('treble', t)));
  }
  const texture = new DataTexture(data, GROOVES, 1, RedFormat, UnsignedByteType);
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.unpackAlignment = 1;
  texture.needsUpdate = true;
  return texture;
}
