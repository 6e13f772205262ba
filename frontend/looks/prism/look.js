// Prism: one solid of cut glass or polished metal in a dark room.
import {Color} from 'three';
import {Ramp} from './colours.js';
import {Gem} from './gem/gem.js';
import {Lights} from './lights.js';
import {MATERIALS} from './materials.js';
import {Motes} from './motes.js';
import {Motion} from './motion.js';
import {SHAPES} from './shapes/registry.js';
import {Surface} from './surface/surface.js';

/** @type {import('../core/contract.js').CreateLook} */
export function create(stage) {
  const {params, seed, layout, renderer, target} = stage;
  const shape = SHAPES[params.shape];
  const motion = new Motion(stage, shape);
  const ramp = new Ramp(new Color(params.glowColor), params.paletteSpread, new Color(params.baseColor));
  const lights = new Lights(stage, ramp, -motion.radius * 1.14);
  const shared = {...lights.uniforms, near: {value: lights.near}, far: {value: lights.far}};
  const options = {finish: MATERIALS[params.material], ramp, uniforms: lights.uniforms, seed};
  const body = shape.planes ? new Gem(shape.planes(), options) : new Surface(shape, options);
  const motes = params.motes > 0 ? new Motes(Math.round(params.motes), seed, 5 * motion.pixel, layout, shared) : null;
  return {
    draw(sound, air) {
      const cues = motion.at(sound);
      lights.update(cues, sound);
      lights.breathe(air, cues);
      body.update(cues);
      renderer.setRenderTarget(target);
      renderer.clear(true, body.hides, false);
      motes?.draw(renderer, sound, cues.hat);
      for (const mirrored of params.reflection > 0 ? [1, 0] : [0]) {
        lights.uniforms.mirrored.value = mirrored;
        body.draw(renderer, mirrored === 1);
      }
    },
    dispose() {
      body.dispose();
      motes?.dispose();
    },
  };
}
