// The geometry behind the cut solids: facets, what is seen through them, and every shape's mesh.
import {describe, expect, it} from 'vitest';
import {cast, follow, within} from '../../looks/prism/gem/refraction.js';
import {Polygon} from '../../looks/prism/gem/polygon.js';
import {Solid} from '../../looks/prism/gem/solid.js';
import {SHAPES} from '../../looks/prism/shapes/registry.js';
import look from '../../looks/prism/look.json';

const UPRIGHT = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** @param {import('../../looks/prism/shapes/cut.js').Plane[]} planes */
function standing(planes) {
  const solid = new Solid(planes);
  solid.shape(UPRIGHT, (i) => planes[i].w);
  return solid;
}

const BOX = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
  .map((n) => ({n: /** @type {[number, number, number]} */ (n), w: 1, role: /** @type {0} */ (0)}));

describe('a solid from planes', () => {
  it('finds the four corners of each side of a box', () => {
    for (const facet of standing(BOX).facets) {
      expect(facet.count).toBe(4);
      for (const x of facet.points.subarray(0, 12)) expect(Math.abs(x)).toBeCloseTo(1, 9);
    }
  });

  it('leaves out a facet that its neighbours have ground away', () => {
    const solid = standing([...BOX, {n: [0, Math.SQRT1_2, Math.SQRT1_2], w: 2, role: 1}]);
    expect(solid.facets[6].count).toBe(0);
  });
});

describe('what is seen through a facet', () => {
  it('is the whole far side when the ray goes straight', () => {
    const solid = standing(BOX);
    const image = cast(solid.facets[5], solid, 4, [0, 0, -1], new Polygon());
    expect(within(image, solid.facets[4], [0, 0, 1], new Polygon())?.count).toBe(4);
  });

  it('leaves at the far side in the same direction', () => {
    const ray = follow(standing(BOX), [.2, .1, 1], 0, 0, -1, 1.5);
    expect([ray.face, ray.length, ray.z]).toEqual([5, 2, -1]);
  });

  it('turns round where it is reflected totally', () => {
    const ray = follow(standing(BOX), [0, 0, 1], .6, 0, -.8, 1.5);
    expect(ray.left).toBeLessThan(1);
  });
});

describe('the library of shapes', () => {
  it('is what the look declares', () => {
    expect(Object.keys(SHAPES).sort()).toEqual([...look.parameters.properties.shape.enum].sort());
  });

  it.each(Object.entries(SHAPES))('%s is sound', (_name, shape) => {
    if (shape.planes) {
      const planes = shape.planes();
      expect(standing(planes).facets.filter(({count}) => count > 2)).toHaveLength(planes.length);
      return;
    }
    const {position, normal, line, index, coarse} = /** @type {NonNullable<typeof shape.surface>} */ (shape.surface)();
    expect(Math.max(...index, ...coarse)).toBeLessThan(line.length);
    expect(position.every(Number.isFinite) && line.every(Number.isFinite)).toBe(true);
    for (let i = 0; i < normal.length; i += 3) expect(Math.hypot(normal[i], normal[i + 1], normal[i + 2])).toBeCloseTo(1, 4);
  });
});
