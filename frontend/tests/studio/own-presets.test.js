import {describe, expect, test} from 'vitest';
import {lookIn} from '../../pages/studio/own-presets.js';

describe('the look in a text', () => {
  test('is settings as JSON, or the token of a link', () => {
    expect(lookIn('{"look": "halo"}')).toEqual({document: {look: 'halo'}});
    expect(lookIn('See https://oriel.example.com/studio#look=1.q1bKyM9XslIqTy3JL1KqBQA')).toEqual({token: '1.q1bKyM9XslIqTy3JL1KqBQA'});
  });

  test.each(['', 'hello', '[1]', 'null', '{"look":', 'x'.repeat(200_000)])('is not in %.20s', (text) => {
    expect(() => lookIn(text)).toThrow('There is no look in what you copied.');
  });
});
