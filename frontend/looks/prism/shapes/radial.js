// Bodies around a middle: a distance for each direction.
import {around, patch} from './grid.js';

const {PI} = Math;

export const sphere = () => around(16, (d) => d, (d) => Math.asin(d[1]) / PI * 7);

/** The spectrum raises it in the vertex shader; its rings mark where the bands lie. */
export const spectrumSphere = () => around(20, (d) => d.map((x) => x * .82), (d) => Math.asin(d[1]) / PI * 7);

/**
 * The superformula (Gielis, "A generic geometric transformation that unifies a wide range of natural and abstract
 * shapes", 2003). Exponents of at least two keep it smooth.
 * @param {number} angle
 * @param {number} m rays
 * @param {number} n1
 * @param {number} n2
 */
const superformula = (angle, m, n1, n2) =>
  (Math.abs(Math.cos(m * angle / 4)) ** n2 + Math.abs(Math.sin(m * angle / 4)) ** n2) ** (-1 / n1);

/** Six rays, wound around the axis; the grid follows them, so that their crests stay sharp. */
export const supershape = () => patch(96, 32, (u, v) => {
  const b = (.0005 + v * .999 - .5) * PI;
  const [turn, y] = [u * 2 * PI, Math.sin(b)];
  const flat = superformula(turn, 6, 2.2, 3.2) * Math.cos(b) * .8;
  const tall = superformula(b, 4, 6, 3);
  const a = turn - 1.1 * y;
  return [flat * tall * Math.cos(a), tall * y * .92, -flat * tall * Math.sin(a)];
}, {line: (u) => u * 6, tone: (u, v) => .5 + .35 * Math.sin(2 * PI * (u + v))});
