// Horizon: the song's spectrum as a land that recedes under a low sun.
import {Color} from 'three';
import {OVERSCAN, framingFor} from './framing.js';
import {Land} from './land.js';
import {planRows} from './mesh.js';
import {moodAt} from './mood.js';
import {Painter} from './painter.js';
import {Relief} from './relief.js';
import {Rows} from './rows.js';
import {Sky} from './sky.js';
import {Skyline} from './skyline.js';
import {Travel} from './travel.js';

const ROWS_PER_S = 8;
const STARS = 170;

/** @type {import('../core/contract.js').CreateLook} */
export function create(stage) {
  const {params, track, seed, renderer, target, layout} = stage;
  const tunnel = params.style === 'tunnel';
  const facets = params.style === 'facets';
  const framing = framingFor(layout, tunnel);
  const columns = facets ? 49 : tunnel ? 193 : 385;
  const count = params.rows + 3;
  const places = placesOf(columns, framing);
  const rows = new Rows(track, new Travel(track, ROWS_PER_S * params.speed), new Relief(track, {
    places,
    shape: tunnel ? 'round' : params.shape, softness: params.softness, jitter: facets ? .75 : 0, seed,
  }), count, facets);
  const far = framing.far - 1;
  const plan = planRows(columns, count, facets, (column, row) => {
    const z = 1 + far * Math.max(0, row - 1) / (count - 3);
    return Math.abs(places[column]) * framing.spread * z ** framing.fan < OVERSCAN * layout.width * z;
  });
  const every = facets ? 1 : params.style === 'grid' ? 24 : 0;
  const land = new Land({columns, plan, facets, tunnel, every});
  const skyline = facets || tunnel ? null : new Skyline(places, plan);
  const sky = new Sky(params.sun, STARS, seed);
  const painter = new Painter(stage, framing, land, sky, rows);
  renderer.setClearColor(new Color(0), 0);
  return {
    draw(sound, air) {
      rows.update(sound.t);
      painter.set(sound, moodAt(sound), air);
      skyline?.trace(rows, land.uniforms);
      renderer.setRenderTarget(target);
      // Seen from within, the dark body would cover every pixel to hide next to nothing: the tunnel is its lines.
      renderer.clear(true, !tunnel, false);
      if (!tunnel) land.drawBody(renderer);
      sky.draw(renderer);
      land.drawLines(renderer);
    },
    dispose() {
      for (const thing of [rows, land, sky]) thing.dispose();
    },
  };
}

/**
 * Where the columns lie in spreads: as `placeOf` in the shader.
 * @param {number} columns
 * @param {import('./framing.js').Framing} framing
 */
function placesOf(columns, {outer, inner}) {
  return Float32Array.from({length: columns}, (_, i) => {
    const s = (i / (columns - 1)) * 2 - 1;
    return s * (inner + (outer - inner) * s * s);
  });
}
