import {describe, expect, it} from 'vitest';
import {breaksOf, capitals, directionOf, familiesFor, isSpaced} from '../../looks/core/scripts.js';

describe('scripts of a title', () => {
  it('leaves what Inter has to Inter', () => {
    expect(familiesFor('First Light — Ελλάς, Привет 2026')).toBe('"Inter Variable", sans-serif');
  });

  it.each([
    ['สวัสดี', 'Noto Sans Thai'], ['नमस्ते', 'Noto Sans Devanagari'], ['أغنية', 'Noto Sans Arabic'],
    ['שלום', 'Noto Sans Hebrew'], ['காதல்', 'Noto Sans Tamil'], ['ভালোবাসা', 'Noto Sans Bengali'],
    ['안녕', 'Noto Sans CJK KR'], ['夜に駆ける', 'Noto Sans CJK JP'], ['月亮代表我的心', 'Noto Sans CJK SC'],
  ])('draws %s after Inter with %s', (text, family) => {
    expect(familiesFor(text).startsWith(`"Inter Variable", "${family}", `)).toBe(true);
  });

  it('spaces letters only where they stand alone', () => {
    expect([isSpaced('Oriel'), isSpaced('방탄'), isSpaced('فيروز'), isSpaced('लता'), isSpaced('วง')]).toEqual([true, true, false, false, false]);
  });

  it('takes the direction of the first letter', () => {
    expect([directionOf('12 أغنية'), directionOf('שלום love'), directionOf('love שלום'), directionOf('…')]).toEqual(['rtl', 'rtl', 'ltr', 'ltr']);
  });

  it('makes capitals where today\'s script has them', () => {
    expect(capitals('straße ñ привет ქართული فيروز')).toBe('STRASSE Ñ ПРИВЕТ ქართული فيروز');
  });

  it('breaks between words, with spaces and without, and never before a comma', () => {
    const parts = (/** @type {string} */ text) => breaksOf(text).map((at) => text.slice(at));
    expect(parts('Hello, rock-n-roll')).toEqual(['rock-n-roll']);
    expect(parts('สวัสดีชาวโลก')).toContain('โลก');
    expect(parts('月亮代表我的心').length).toBeGreaterThan(1);
  });
});
