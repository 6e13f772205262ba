// A cut solid on the stage: its facets, what is seen through them, and the lines along its edges, drawn with a few calls.
import {
  AddEquation, Camera, CustomBlending, DoubleSide, GLSL3, Mesh, OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial,
} from 'three';
import {randomAt} from '../../core/random.js';
import {LineList, VertexList} from './buffers.js';
import {FACET_FRAGMENT, FACET_VERTEX, LINE_FRAGMENT, LINE_VERTEX} from './gem.glsl.js';
import {follow, seenThrough} from './refraction.js';
import {Solid} from './solid.js';

/** @typedef {import('../motion.js').Cues} Cues */
/** @typedef {import('../materials.js').Finish} Finish */

const camera = new Camera();
const PREMULTIPLIED = /** @type {const} */ ({
  transparent: true, blending: CustomBlending, blendEquation: AddEquation, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor,
  depthTest: false, depthWrite: false, side: DoubleSide, glslVersion: GLSL3,
});

export class Gem {
  /**
   * @param {import('../shapes/cut.js').Plane[]} planes
   * @param {{finish: Finish, ramp: import('../colours.js').Ramp, uniforms: Record<string, import('three').IUniform>, seed: number}} options
   */
  constructor(planes, {finish, ramp, uniforms, seed}) {
    this.finish = finish;
    this.ramp = ramp;
    this.solid = new Solid(planes);
    // Each facet has its own band of the spectrum and its own shade; neighbours are near in both.
    this.traits = planes.map(({n}, i) => ({
      band: Math.floor(4 + 44 * randomAt(seed + 11, i)),
      tone: .5 * (.5 + .5 * (n[0] * .6 + n[1] * .64 - n[2] * .48)) + .14 * randomAt(seed + 12, i),
    }));
    this.faces = new VertexList(9000, [['position', 3], ['mirror', 3], ['through', 3], ['tint', 3], ['sheen', 3]]);
    this.inner = new LineList(900);
    this.outer = new LineList(260);
    this.meshes = [
      this.mesh(this.faces, FACET_VERTEX, FACET_FRAGMENT, uniforms, finish.clear > 0 ? {GLASS: ''} : {}),
      this.mesh(this.inner, LINE_VERTEX, LINE_FRAGMENT, {...uniforms, cover: {value: .25}}),
      this.mesh(this.outer, LINE_VERTEX, LINE_FRAGMENT, {...uniforms, cover: {value: 1}}),
    ];
  }

  /**
   * @param {VertexList} list
   * @param {string} vertexShader
   * @param {string} fragmentShader
   * @param {Record<string, import('three').IUniform>} uniforms
   * @param {Record<string, string>} [defines]
   */
  mesh(list, vertexShader, fragmentShader, uniforms, defines = {}) {
    const material = new RawShaderMaterial({...PREMULTIPLIED, vertexShader, fragmentShader, uniforms, defines});
    const mesh = new Mesh(list.geometry, material);
    mesh.frustumCulled = false;
    return mesh;
  }

  /** @param {Cues} cues */
  update(cues) {
    const {planes} = this.solid;
    this.solid.shape(cues.turn, (i) => {
      const band = cues.bands[this.traits[i].band];
      const lift = planes[i].role ? 0 : cues.lift * (.35 + .65 * band * band);
      return cues.scale * planes[i].w * (1 + lift);
    });
    for (const list of [this.faces, this.inner, this.outer]) list.clear();
    const {normals: n, distances, count} = this.solid;
    const [ex, ey, ez] = cues.eye;
    for (let i = 0; i < count; i++) {
      this.front[i] = this.solid.facets[i].count > 0 && n[i * 3] * ex + n[i * 3 + 1] * ey + n[i * 3 + 2] * ez > distances[i];
    }
    for (let i = 0; i < count; i++) if (this.front[i]) this.facet(i, cues);
    for (const list of [this.faces, this.inner, this.outer]) list.finish();
  }

  /** @type {boolean[]} */
  front = [];

  /**
   * @param {number} i
   * @param {Cues} cues
   */
  facet(i, cues) {
    const {normals: n, facets} = this.solid;
    const facet = facets[i];
    centre(facet, middle);
    const N = [n[i * 3], n[i * 3 + 1], n[i * 3 + 2]];
    const V = toward(middle, cues.eye);
    const facing = -dot(V, N);
    const fresnel = this.finish.base + (1 - this.finish.base) * (1 - facing) ** 5;
    this.ramp.at(this.traits[i].tone + cues.walk, own);
    const small = this.solid.planes[i].role ? 1.6 : 1;
    for (let c = 0; c < 3; c++) sheen[c] = small * (fresnel + (1 - fresnel) * this.finish.metal) * (1 - this.finish.dye + this.finish.dye * own[c]);
    if (this.finish.clear > 0) this.interior(i, N, V, facing, fresnel, cues);
    else {
      for (let c = 0; c < 3; c++) tint[c] = own[c] * this.finish.body;
      this.polygon(facet, N, V, cues);
    }
    this.outline(i, cues);
  }

  /**
   * @param {number} i
   * @param {number[]} N
   * @param {number[]} V
   * @param {number} facing
   * @param {number} fresnel
   * @param {Cues} cues
   */
  interior(i, N, V, facing, fresnel, cues) {
    const {solid, finish} = this;
    const eta = 1 / cues.index;
    const bend = eta * facing - Math.sqrt(1 - eta * eta * (1 - facing * facing));
    const D = V.map((v, c) => eta * v + bend * N[c]);
    for (let j = 0; j < solid.count; j++) {
      const to = solid.normals[j * 3] * D[0] + solid.normals[j * 3 + 1] * D[1] + solid.normals[j * 3 + 2] * D[2];
      if (j === i || to < 1e-4 || !solid.facets[j].count) continue;
      const polygon = seenThrough(solid, i, j, D[0], D[1], D[2]);
      if (!polygon) continue;
      centre(polygon, spot);
      const ray = follow(solid, spot[0], spot[1], spot[2], D[0], D[1], D[2], cues.index);
      leaving[0] = ray.x; leaving[1] = ray.y; leaving[2] = ray.z;
      this.ramp.at(this.traits[ray.face].tone + cues.walk + (ray.face === j ? 0 : .12), tint);
      const through = finish.clear * (1 - fresnel) * ray.lost * Math.exp(-finish.absorb * ray.length / cues.scale);
      for (let c = 0; c < 3; c++) tint[c] = (tint[c] * finish.colour + (1 - finish.colour)) * through;
      this.polygon(polygon, N, V, cues);
      this.innerLines(polygon, j, cues);
    }
  }

  /**
   * Fan of triangles; directions open a little from the middle, as if each facet were slightly domed: that puts a
   * gradient on it.
   * @param {import('./polygon.js').Polygon} polygon
   * @param {number[]} N
   * @param {number[]} V
   * @param {Cues} cues
   */
  polygon({points: p, count}, N, V, cues) {
    const turn = 2 * dot(V, N);
    const M = V.map((v, c) => v - turn * N[c]);
    const dome = .55 / cues.scale;
    const {data} = this.faces;
    for (let k = 1; k < count - 1; k++) {
      for (const m of [0, k, k + 1]) {
        const o = this.faces.next();
        if (o < 0) return;
        for (let c = 0; c < 3; c++) {
          const x = p[m * 3 + c];
          data[o + c] = x;
          data[o + 3 + c] = M[c] + (x - middle[c]) * dome;
          data[o + 6 + c] = leaving[c] + (x - spot[c]) * dome;
          data[o + 9 + c] = tint[c];
          data[o + 12 + c] = sheen[c];
        }
      }
    }
  }

  /**
   * @param {import('./polygon.js').Polygon} polygon
   * @param {number} far
   * @param {Cues} cues
   */
  innerLines({points, labels, count}, far, cues) {
    for (let k = 0; k < count; k++) {
      if (labels[k] < far) continue;
      this.ramp.at(this.traits[far].tone + cues.walk, ink);
      this.inner.line(points, k * 3, (k + 1) % count * 3, ink, cues.innerLight, cues.innerEdge);
    }
  }

  /**
   * @param {number} i
   * @param {Cues} cues
   */
  outline(i, cues) {
    const {points, labels, count} = this.solid.facets[i];
    const {planes} = this.solid;
    for (let k = 0; k < count; k++) {
      const other = labels[k];
      if (other < 0 || (this.front[other] && other < i)) continue;
      const fine = planes[i].role + planes[other].role ? .6 : 1;
      this.outer.line(points, k * 3, (k + 1) % count * 3, cues.edgeInk, cues.edgeLight, Math.max(.6, cues.edge * fine));
    }
  }

  /** @param {import('three').WebGLRenderer} renderer */
  draw(renderer) {
    for (const mesh of this.meshes) renderer.render(mesh, camera);
  }

  dispose() {
    for (const list of [this.faces, this.inner, this.outer]) list.dispose();
    for (const mesh of this.meshes) mesh.material.dispose();
  }
}

const middle = [0, 0, 0];
const spot = [0, 0, 0];
const leaving = [0, 0, 0];
const own = [0, 0, 0];
const tint = [0, 0, 0];
const sheen = [0, 0, 0];
const ink = [0, 0, 0];

/** @param {number[]} a @param {number[]} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** @param {number[]} at @param {number[]} eye @returns {number[]} unit vector from the eye to a point */
function toward(at, eye) {
  const d = at.map((x, c) => x - eye[c]);
  const l = Math.hypot(d[0], d[1], d[2]);
  return d.map((x) => x / l);
}

/** @param {import('./polygon.js').Polygon} polygon @param {number[]} out mean of the corners */
function centre({points, count}, out) {
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += points[i * 3 + c];
    out[c] = sum / count;
  }
}
