import {describe, expect, test} from 'vitest';
import {LinkError, contractOf, draftOf, tokenOf} from '../../pages/studio/share.js';

const DRAFT = {version: 1, look: 'halo', preset: 'bloom', params: {radius: 0.5}, text: {title: 'Ночь 夜 🌙'}, output: {width: 720, height: 1280}};

describe('a shared look', () => {
  test('leaves a picture of one\'s own at home, and keeps the other backgrounds', async () => {
    const own = await draftOf(await tokenOf({version: 1, look: 'halo', background: {type: 'image', image: 'me.jpg'}}));
    expect(own).toEqual({version: 1, look: 'halo'});
    const plain = {version: 1, look: 'halo', background: {type: 'color', color: '#102030'}};
    expect(await draftOf(await tokenOf(plain))).toEqual(plain);
  });

  test('comes back as it was, without range and pictures', async () => {
    const token = await tokenOf({...DRAFT, range: {start_s: 3}, cover: {source: 'file', file: 'me.jpg'}});
    expect(token).toMatch(/^1\.[\w-]+$/);
    expect(await draftOf(token)).toEqual(DRAFT);
  });

  test.each([
    ['halo', {version: 1, look: 'halo', preset: null}],
    ['halo/orbit', {version: 1, look: 'halo', preset: 'orbit'}],
  ])('a name is enough: %s', async (token, draft) => {
    expect(await draftOf(token)).toEqual(draft);
  });

  test('is short', async () => {
    expect((await tokenOf(DRAFT)).length).toBeLessThan(250);
  });

  test.each(['', '1.', '1.!!!', '1.AAAA', 'x', '1.' + 'A'.repeat(9000), 'undefined'])('a damaged one is refused: %s', async (token) => {
    await expect(draftOf(token)).rejects.toThrow(/damaged/);
  });

  test('a cut one is refused', async () => {
    const token = await tokenOf(DRAFT);
    await expect(draftOf(token.slice(0, -8))).rejects.toThrow(LinkError);
  });

  test('one of a newer studio says so', async () => {
    await expect(draftOf('2.AAAA')).rejects.toThrow(/newer version/);
  });

  test('one that unpacks to a flood is refused', async () => {
    const flood = await tokenOf({...DRAFT, text: {title: 'A'.repeat(2_000_000)}});
    expect(flood.length).toBeLessThan(8000);
    await expect(draftOf(flood)).rejects.toThrow(/damaged/);
  });
});

describe('the embedding contract', () => {
  test('takes the five names of the page around, and of the address', () => {
    const config = {shape: 'torus', size: 5, glowColor: 0x8309d5, other: 1};
    expect(contractOf(config, '')).toEqual({shape: 'torus', size: 5, glowColor: 8587733});
    expect(contractOf(undefined, '#shape=cube&size=3.5&baseColor=%23FFffff&glowColor=8309d5&pulseIntensity=2'))
      .toEqual({shape: 'cube', size: 3.5, baseColor: '#ffffff', glowColor: '#8309d5', pulseIntensity: 2});
  });

  test('the address goes before the page', () => {
    expect(contractOf({shape: 'torus'}, '#shape=cube')).toEqual({shape: 'cube'});
  });

  test('colours may be whole numbers, as they always could', () => {
    expect(contractOf(null, '#glowColor=8587733')).toEqual({glowColor: 8587733});
  });

  test('nothing set is nothing', () => {
    for (const config of [undefined, null, 7, 'x', {}, []]) expect(contractOf(config, '#look=1.abc')).toBe(null);
  });
});
