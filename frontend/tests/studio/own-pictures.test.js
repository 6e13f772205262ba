import {describe, expect, test} from 'vitest';
import {OwnPictures, picturesOf} from '../../pages/studio/own-pictures.js';

const file = (/** @type {string} */ name, size = 3) => new File(['x'.repeat(size)], name, {type: 'image/png', lastModified: 1});

describe('pictures of the visitor', () => {
  test('keep their names; a different one of the same name gets another', () => {
    const pictures = new OwnPictures();
    const [first, second] = [file('a.png'), file('a.png', 4)];
    expect([pictures.add(first), pictures.add(second), pictures.add(file('a.png'))]).toEqual(['a.png', 'a.png (2)', 'a.png']);
    expect(pictures.get('a.png')).toBe(first);
    expect(pictures.get('a.png (2)')).toBe(second);
    expect(pictures.get('b.png')).toBeNull();
  });

  test('are never called as the settings call the cover, and hold no control characters', () => {
    const pictures = new OwnPictures();
    expect(pictures.add(file('cover'))).not.toBe('cover');
    expect(pictures.add(file('a\nb.png'))).toBe('a_b.png');
    expect(pictures.add(file('x'.repeat(300))).length).toBeLessThanOrEqual(130);
  });

  test('go when nothing names them any more', () => {
    const pictures = new OwnPictures();
    pictures.add(file('cover.png'));
    pictures.add(file('beach.png'));
    pictures.add(file('old.png'));
    pictures.keepOnly([{cover: {source: 'file', file: 'cover.png'}}, {background: {type: 'image', image: 'beach.png'}}, {}]);
    expect([...pictures.all.keys()]).toEqual(['cover.png', 'beach.png']);
  });

  test('come back after a reload; what is no picture store does not', () => {
    const pictures = new OwnPictures();
    pictures.restore(new Map(/** @type {any} */ ([['a.png', file('a.png')], ['b', 'text']])));
    expect([...pictures.all.keys()]).toEqual(['a.png']);
    pictures.restore('nonsense');
    expect(pictures.get('a.png')).not.toBeNull();
  });
});

test('settings name the cover and the background', () => {
  expect(picturesOf({cover: {source: 'file', file: 'a'}, background: {type: 'image', image: 'b'}})).toEqual(['a', 'b']);
  expect(picturesOf({cover: {source: 'tags'}, background: {type: 'image', image: 'cover'}})).toEqual([]);
  expect(picturesOf({background: {type: 'color', color: '#000000'}})).toEqual([]);
});
