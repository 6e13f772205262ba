// A cut solid on the stage: its facets, what is seen through them, and the lines along its edges, drawn with a few calls.
import {
  AddEquation, Camera, CustomBlending, DoubleSide, GLSL3, Mesh, NoBlending, OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial,
} from 'three';
import {randomAt} from '../../core/random.js';
import {LineList, VertexList} from './buffers.js';
import {FACET_FRAGMENT, FACET_VERTEX, LINE_FRAGMENT, LINE_VERTEX} from './gem.glsl.js';
import {cast, follow, within} from './refraction.js';
import {Polygon} from './polygon.js';
import {Solid} from './solid.js';

/** @typedef {import('../motion.js').Cues} Cues */
/** @typedef {import('../materials.js').Finish} Finish */
/** @typedef {{finish: Finish, ramp: import('../colours.js').Ramp, uniforms: Record<string, import('three').IUniform>, seed: number}} BodyOptions */

const camera = new Camera();
const POOL = [0, 1, 2, 3].map(() => new Polygon());
const OPAQUE = /** @type {const} */ ({
  blending: NoBlending, depthTest: false, depthWrite: false, side: DoubleSide, glslVersion: GLSL3,
});
const PREMULTIPLIED = /** @type {const} */ ({
  transparent: true, blending: CustomBlending, blendEquation: AddEquation, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor,
  depthTest: false, depthWrite: false, side: DoubleSide, glslVersion: GLSL3,
});

export class Gem {
  /**
   * @param {import('../shapes/cut.js').Plane[]} planes
   * @param {BodyOptions} options
   */
  constructor(planes, {finish, ramp, uniforms, seed}) {
    this.finish = finish;
    this.ramp = ramp;
    this.solid = new Solid(planes);
    // Each facet has its own band of the spectrum and its own shade; neighbours are near in both.
    this.traits = planes.map(({n}, i) => ({
      band: Math.floor(4 + 44 * randomAt(seed + 11, i)),
      tone: .62 * (.5 + .5 * (n[0] * .6 + n[1] * .64 - n[2] * .48)) + .22 * randomAt(seed + 12, i),
    }));
    this.faces = new VertexList(9000, [['position', 3], ['mirror', 3], ['through', 3], ['tint', 3], ['sheen', 4]]);
    this.inner = new LineList(900);
    this.outer = new LineList(260);
    this.meshes = [
      mesh(this.faces, {
        ...OPAQUE, uniforms, vertexShader: FACET_VERTEX, fragmentShader: FACET_FRAGMENT, defines: finish.clear > 0 ? {GLASS: ''} : {},
      }),
      ...[this.inner, this.outer].map((list, i) => mesh(list, {
        ...PREMULTIPLIED, uniforms: {...uniforms, cover: {value: [.25, 1][i]}}, vertexShader: LINE_VERTEX, fragmentShader: LINE_FRAGMENT,
      })),
    ];
  }

  /** @param {Cues} cues */
  update(cues) {
    const {planes} = this.solid;
    this.solid.shape(cues.turn, (i) => {
      const band = cues.bands[this.traits[i].band];
      const lift = planes[i].role ? .45 * cues.lift : cues.lift * (.35 + .65 * band * band);
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

  /** Whether parts hide others by depth: facets never overlap. */
  hides = false;
  /** @type {boolean[]} */
  front = [];
  /** Light of the edges that a slanting facet catches. */
  rim = 0;

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
    this.rim = .36 * (1 - facing) ** 2 * cues.edgeLight;
    if (this.finish.clear > 0) this.interior(i, N, V, facing, fresnel, cues);
    else {
      for (let c = 0; c < 3; c++) {
        tint[c] = own[c] * this.finish.body;
        leaving[c] = N[c];
        spot[c] = middle[c];
      }
      this.polygon(facet, N, V, cues);
    }
    this.outline(i, cues);
  }

  /**
   * What is seen through a facet: each far facet, and behind one that reflects totally, each that is seen in it.
   * @param {number} i
   * @param {number[]} N
   * @param {number[]} V
   * @param {number} facing
   * @param {number} fresnel
   * @param {Cues} cues
   */
  interior(i, N, V, facing, fresnel, cues) {
    const {solid} = this;
    const eta = 1 / cues.index;
    const bend = eta * facing - Math.sqrt(1 - eta * eta * (1 - facing * facing));
    const D = V.map((v, c) => eta * v + bend * N[c]);
    for (let j = 0; j < solid.count; j++) {
      const M = solid.normals.subarray(j * 3, j * 3 + 3);
      const to = dot(M, D);
      if (j === i || to < 1e-4 || !solid.facets[j].count) continue;
      const pane = within(cast(solid.facets[j], solid, i, D, POOL[0]), solid.facets[i], N, POOL[1]);
      if (!pane) continue;
      this.innerLines(pane, j, cues);
      if (cues.index * cues.index * (1 - to * to) < 1) this.pane(pane, N, V, D, fresnel, cues);
      else this.reflected(i, j, pane, N, V, D, D.map((d, c) => d - 2 * to * M[c]), fresnel, cues);
    }
  }

  /**
   * @param {number} i near facet
   * @param {number} j far facet, which reflects
   * @param {import('./polygon.js').Polygon} frame
   * @param {number[]} N
   * @param {number[]} V
   * @param {number[]} D direction from i to j
   * @param {number[]} R direction from j on
   * @param {number} fresnel
   * @param {Cues} cues
   */
  reflected(i, j, frame, N, V, D, R, fresnel, cues) {
    const {solid} = this;
    for (let k = 0; k < solid.count; k++) {
      const to = dot(solid.normals.subarray(k * 3, k * 3 + 3), R);
      if (k === j || to < 1e-4 || !solid.facets[k].count) continue;
      const image = cast(cast(solid.facets[k], solid, j, R, POOL[2]), solid, i, D, POOL[2]);
      const pane = within(image, frame, N, POOL[3]);
      if (!pane) continue;
      this.innerLines(pane, k, cues);
      this.pane(pane, N, V, D, fresnel, cues);
    }
  }

  /**
   * One piece of the view through a facet, all of whose light comes the same way.
   * @param {import('./polygon.js').Polygon} pane
   * @param {number[]} N
   * @param {number[]} V
   * @param {number[]} D
   * @param {number} fresnel
   * @param {Cues} cues
   */
  pane(pane, N, V, D, fresnel, cues) {
    const {finish} = this;
    centre(pane, spot);
    const ray = follow(this.solid, spot, D[0], D[1], D[2], cues.index);
    leaving[0] = ray.x; leaving[1] = ray.y; leaving[2] = ray.z;
    // Fire: the more a way was bent, the further its colour has walked.
    const bent = 1 - (ray.x * V[0] + ray.y * V[1] + ray.z * V[2]);
    this.ramp.at(this.traits[ray.face].tone + cues.walk + cues.fire * bent, tint);
    const through = finish.clear * (1 - fresnel) * ray.left * Math.exp(-finish.absorb * ray.length / cues.scale);
    for (let c = 0; c < 3; c++) tint[c] = (tint[c] * finish.colour + (1 - finish.colour)) * through;
    this.polygon(pane, N, V, cues);
  }

  /**
   * Fan of triangles; directions open a little from the middle, as if each facet were slightly domed: that puts a
   * gradient on it.
   * @param {import('./polygon.js').Polygon} polygon
   * @param {number[]} N
   * @param {number[]} V
   * @param {Cues} cues
   */
  polygon(polygon, N, V, cues) {
    const {points: p, count} = polygon;
    const turn = 2 * dot(V, N);
    const M = V.map((v, c) => v - turn * N[c]);
    const dome = .55 / cues.scale;
    centre(polygon, hub);
    for (let k = 0; k < count; k++) {
      this.vertex(hub, 0, M, dome);
      this.vertex(p, k * 3, M, dome);
      this.vertex(p, (k + 1) % count * 3, M, dome);
    }
  }

  /**
   * @param {ArrayLike<number>} p
   * @param {number} at
   * @param {number[]} M mirrored direction
   * @param {number} dome
   */
  vertex(p, at, M, dome) {
    const o = this.faces.next();
    if (o < 0) return;
    const {data} = this.faces;
    for (let c = 0; c < 3; c++) {
      const x = p[at + c];
      data[o + c] = x;
      data[o + 3 + c] = M[c] + (x - middle[c]) * dome;
      data[o + 6 + c] = leaving[c] + (x - spot[c]) * dome * 2;
      data[o + 9 + c] = tint[c];
      data[o + 12 + c] = sheen[c];
    }
    data[o + 15] = this.rim;
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
    const {planes, normals: n} = this.solid;
    for (let k = 0; k < count; k++) {
      const other = labels[k];
      if (other < 0 || (this.front[other] && other < i)) continue;
      const fine = planes[i].role + planes[other].role ? .6 : 1;
      // An edge that turns to the key light carries more of it.
      const lit = .5 * (toKey(n, i) + (this.front[other] ? toKey(n, other) : -.2));
      const light = cues.edgeLight * (.78 + .42 * lit);
      this.outer.line(points, k * 3, (k + 1) % count * 3, cues.edgeInk, light, Math.max(.6, cues.edge * fine * (.85 + .3 * lit)));
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

/**
 * @param {VertexList} list
 * @param {import('three').ShaderMaterialParameters} parameters
 */
function mesh(list, parameters) {
  const made = new Mesh(list.geometry, new RawShaderMaterial(parameters));
  made.frustumCulled = false;
  return made;
}

const middle = [0, 0, 0];
const spot = [0, 0, 0];
const hub = [0, 0, 0];
const leaving = [0, 0, 0];
const own = [0, 0, 0];
const tint = [0, 0, 0];
const sheen = [0, 0, 0];
const ink = [0, 0, 0];

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** @param {Float64Array} n @param {number} i @returns {number} how far plane i turns to the key light, -1..1 */
const toKey = (n, i) => n[i * 3] * -.6 + n[i * 3 + 1] * .62 + n[i * 3 + 2] * .5;

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
