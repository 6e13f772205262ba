import {describe, expect, it} from 'vitest';

import {twoLines} from '../../looks/core/two-lines.js';

const upTo = (/** @type {number} */ most) => (/** @type {string} */ line) => line.length <= most;

describe('a text of two lines', () => {
  it('breaks near its middle', () => {
    expect(twoLines('All the lights that we left on', upTo(20))).toEqual(['All the lights', 'that we left on']);
  });

  it('loses its end where it is longer than two lines', () => {
    const lines = twoLines('one two three four five six seven eight nine ten', upTo(14));
    expect(lines).toEqual(['one two three', 'four five six seven eight nine ten']);
  });

  it('keeps a single word on one line', () => {
    expect(twoLines('Donaudampfschifffahrtsgesellschaft', upTo(10))).toEqual(['Donaudampfschifffahrtsgesellschaft']);
  });

  it('stays on one line where its first word is too long', () => {
    const text = 'Donaudampfschifffahrtsgesellschaft ahoy';
    expect(twoLines(text, upTo(10))).toEqual([text]);
  });
});
