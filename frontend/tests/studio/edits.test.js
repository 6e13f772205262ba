import {describe, expect, test} from 'vitest';
import {surprise, takeLook, takePalette, takePreset, turned} from '../../pages/studio/edits.js';
import {LOOKS} from '../../preview/looks.js';
import {resolveSettings} from '../../preview/settings.js';

const look = (/** @type {string} */ name) => /** @type {any} */ (LOOKS.find((each) => each.name === name));

describe('another look', () => {
  test('keeps every value that it has too, and allows', () => {
    const draft = {look: 'prism', preset: 'ember', params: {pulseIntensity: 1.7, glowColor: '#00ff00', shape: 'torus', reflection: 0.9}, text: {title: 'A'}};
    takeLook(draft, look('halo'));
    expect(draft).toEqual({look: 'halo', preset: null, params: {pulseIntensity: 1.7, reflection: 0.9}, text: {title: 'A'}});
  });

  test('drops what it does not allow', () => {
    const draft = {look: 'prism', params: {pulseIntensity: 3}};
    takeLook(draft, look('halo'));
    expect(draft.params).toEqual({});
  });

  test('is there again as it was when it was left', () => {
    const left = new Map();
    const tuned = {look: 'prism', preset: 'ember', params: {size: 5.5}, background: {type: 'gradient', colors: ['#000000', '#ffffff']}, text: {title: 'A'}};
    /** @type {Record<string, any>} */
    const draft = structuredClone(tuned);
    takeLook(draft, look('halo'), left);
    draft.params = {reflection: 0.2};
    draft.finish = {grain: 0.3};
    takeLook(draft, look('prism'), left);
    expect(draft).toEqual(tuned);
    takeLook(draft, look('halo'), left);
    expect(draft).toEqual({look: 'halo', preset: null, params: {reflection: 0.2}, finish: {grain: 0.3}, text: {title: 'A'}});
  });

  test('a preset takes the place of the values, not of text and output', () => {
    const draft = {look: 'prism', params: {size: 2}, background: {type: 'color', color: '#000000'}, text: {title: 'A'}};
    takePreset(draft, look('prism'), 'glacier');
    expect(draft).toEqual({look: 'prism', preset: 'glacier', params: {}, text: {title: 'A'}});
  });
});

describe('a surprise', () => {
  /** @param {number} seed Park and Miller's minimal standard generator */
  const chanceOf = (seed) => () => (seed = (seed * 48271) % 2147483647) / 2147483647;

  test('is always a document that the service takes', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const draft = {version: 1, look: 'prism', params: {}, text: {title: 'A'}};
      surprise(draft, LOOKS, chanceOf(seed));
      expect(resolveSettings(draft, LOOKS).text.title).toBe('A');
    }
  });

  test('leaves every amount in good taste, or as its preset has it', () => {
    for (let seed = 1; seed <= 300; seed++) {
      /** @type {any} */
      const draft = {look: 'prism', params: {}};
      surprise(draft, LOOKS, chanceOf(seed));
      const {parameters: {properties}, presets} = look(draft.look);
      for (const [name, value] of Object.entries(draft.params)) {
        const {format, enum: choices, 'x-taste': taste, default: standard} = properties[name];
        if (format === 'color') continue;
        const designed = presets.find((/** @type {any} */ each) => each.name === draft.preset)?.params[name] ?? standard;
        if (choices) expect(taste).toContain(value);
        else {
          expect(value).toBeGreaterThanOrEqual(Math.min(taste[0], designed));
          expect(value).toBeLessThanOrEqual(Math.max(taste[1], designed));
        }
      }
    }
  });

  test('turns the background with the other colours', () => {
    const backgrounds = new Set();
    for (let seed = 1; seed <= 100; seed++) {
      /** @type {any} */
      const draft = {look: 'prism', params: {}};
      surprise(draft, [look('horizon')], chanceOf(seed));
      const isTurned = Object.values(draft.params).some((value) => String(value).startsWith('#'));
      expect(Boolean(draft.background)).toBe(isTurned);
      backgrounds.add(JSON.stringify(draft.background));
    }
    expect(backgrounds.size).toBeGreaterThan(20);
  });

  test('is not always the same', () => {
    const drafts = Array.from({length: 40}, (_, i) => {
      const draft = {look: 'prism', params: {}};
      surprise(draft, LOOKS, chanceOf(i + 1));
      return JSON.stringify(draft);
    });
    expect(new Set(drafts).size).toBe(40);
  });
});

describe('the colours of a cover', () => {
  test('go to the look, dark where it is dark', () => {
    const draft = {look: 'horizon', params: {height: 0.7}};
    takePalette(draft, look('horizon'), ['#ff6b35', '#0a4d68', '#f7c59f']);
    expect(resolveSettings(draft, LOOKS).params.height).toBe(0.7);
    const {landColor, sunColor, lineColor, glowColor} = /** @type {any} */ (draft.params);
    expect(new Set([landColor, sunColor, lineColor, glowColor]).size).toBe(4);
    expect(parseInt(landColor.slice(1, 3), 16)).toBeLessThan(40);
    expect(sunColor).toMatch(/^#f/);
  });

  test('are what halo draws, in place of its own reading of the cover', () => {
    const draft = {look: 'halo', params: {}};
    takePalette(draft, look('halo'), ['#00aa55']);
    expect(draft.params).toMatchObject({colorSource: 'own'});
  });
});

describe('a colour turned', () => {
  test('all around is the same colour', () => {
    for (const colour of ['#8309d5', '#ff8a5c', '#000000', '#ffffff', '#808080']) expect(turned(colour, 360)).toBe(colour);
  });

  test('keeps grey grey, and gives what a screen has', () => {
    expect(turned('#808080', 77)).toBe('#808080');
    for (let degrees = 0; degrees < 360; degrees += 7) expect(turned('#00ff00', degrees)).toMatch(/^#[0-9a-f]{6}$/);
  });
});
