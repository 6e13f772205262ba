// Klein's bottle: a surface without inside or outside, blown as thin glass.
import {patch} from './grid.js';

const SIZE = .056;

/**
 * The classical bottle: a body whose neck bends over, goes through its side and opens into its foot.
 * @param {number} a 0..2 pi, body first, then the neck
 * @param {number} b 0..2 pi around
 */
function bottle(a, b) {
  const r = 4 - 2 * Math.cos(a);
  const x = 6 * Math.cos(a) * (1 + Math.sin(a));
  const body = a < Math.PI;
  return [
    x + r * (body ? Math.cos(a) * Math.cos(b) : -Math.cos(b)), 16 * Math.sin(a) + (body ? r * Math.sin(a) * Math.cos(b) : 0),
    r * Math.sin(b),
  ];
}

export function klein() {
  return patch(72, 20, (u, v) => {
    const [x, y, z] = bottle(Math.min(1, Math.max(0, u)) * 2 * Math.PI, v * 2 * Math.PI);
    return [(x + 1.5) * SIZE, -y * SIZE, z * SIZE];
  }, {line: (u) => u * 16, tone: (_u, _v, p) => .5 + .4 * p[1]});
}
