import '../browser.js';
import {expect, test} from 'vitest';
import {LOOKS} from '../../preview/looks.js';
import {hasEffect} from '../../pages/studio/panels/tune.js';

const {properties} = /** @type {any} */ (LOOKS.find(({name}) => name === 'halo')).parameters;

test.each([
  ['bars', {style: 'rays'}, true],
  ['bars', {style: 'waveform'}, false],
  ['echo', {style: 'rings'}, false],
  ['radius', {style: 'rings'}, true],
])('“%s” beside %o has an effect: %s', (name, params, expected) => expect(hasEffect(properties[name], params)).toBe(expected));
