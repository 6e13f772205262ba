// Bodies around a middle: a distance for each direction.
import {around} from './grid.js';

const {PI} = Math;

export const sphere = () => around(26, (d) => d, (d) => Math.asin(d[1]) / PI * 7 + .5);

/** The spectrum raises it in the vertex shader; its rings mark where the bands lie. */
export const spectrumSphere = () => around(40, (d) => d.map((x) => x * .82), (d) => Math.asin(d[1]) / PI * 9 + .5);

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

/** Six rays, wound around the axis. */
export const supershape = () => around(40, (d) => {
  const [a, b] = [Math.atan2(d[2], d[0]), Math.asin(Math.max(-1, Math.min(1, d[1])))];
  const flat = superformula(a + 1.1 * d[1], 6, 2.2, 3.6) * Math.cos(b) * .78;
  const tall = superformula(b, 4, 6, 3);
  return [flat * tall * Math.cos(a), tall * Math.sin(b) * .92, flat * tall * Math.sin(a)];
}, (d) => (Math.atan2(d[2], d[0]) + 1.1 * d[1]) / PI * 3);
