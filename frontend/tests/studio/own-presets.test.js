import {describe, expect, test} from 'vitest';
import {OwnPresets, lookIn} from '../../pages/studio/own-presets.js';

describe('the look in a text', () => {
  test('is settings as JSON, or the token of a link', () => {
    expect(lookIn('{"look": "halo"}')).toEqual({document: {look: 'halo'}});
    expect(lookIn('See https://oriel.example.com/studio#look=1.q1bKyM9XslIqTy3JL1KqBQA')).toEqual({token: '1.q1bKyM9XslIqTy3JL1KqBQA'});
  });

  test.each(['', 'hello', '[1]', 'null', '{"look":', 'x'.repeat(200_000)])('is not in %.20s', (text) => {
    expect(() => lookIn(text)).toThrow('There is no look in what you copied.');
  });
});

describe('own presets', () => {
  test('are at most a hundred: the next one takes no other one\'s place', async () => {
    /** @type {any[]} */
    const sentences = [];
    const storage = /** @type {any} */ ({get: async () => undefined, put: async () => true});
    const presets = new OwnPresets(storage, (sentence) => sentences.push(sentence));
    const preset = (/** @type {number} */ number) => ({name: `No. ${number}`, look: 'prism', params: {}});
    for (let number = 0; number < 100; number++) await presets.add(preset(number));
    await presets.add(preset(100));
    expect(presets.all.map(({name}) => name)).toEqual(Array.from({length: 100}, (_, number) => `No. ${number}`));
    expect(sentences).toHaveLength(1);
    // Under a name that exists there is always room.
    await presets.add({...preset(3), look: 'halo'});
    expect(presets.all).toHaveLength(100);
    expect(presets.all.at(-1)).toMatchObject({name: 'No. 3', look: 'halo'});
  });
});
