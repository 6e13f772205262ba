import {beforeEach, describe, expect, test, vi} from 'vitest';
import {steadySliders} from '../../pages/studio/steady-sliders.js';

/** A slider, as far as it is asked. */
class Slider extends EventTarget {
  type = 'range';
  value = '5';
}

describe('a slider under a finger', () => {
  const heard = vi.fn();
  let slider = new Slider();
  const send = (/** @type {string} */ name, /** @type {object} */ values = {}) => slider.dispatchEvent(Object.assign(new Event(name, {bubbles: true}), values));
  const touch = (/** @type {string} */ pointerType = 'touch') => {
    send('pointerdown', {pointerType});
    move('8');
  };
  /** What a browser does. @param {string} value */
  const move = (value) => {
    slider.value = value;
    send('input');
  };

  beforeEach(() => {
    slider = new Slider();
    steadySliders(slider);
    heard.mockClear();
    slider.addEventListener('input', () => heard(slider.value));
  });

  test('stays where it was when the finger scrolls', () => {
    touch();
    expect(slider.value).toBe('5');
    send('pointermove');
    send('pointercancel');
    send('pointerup');
    expect(slider.value).toBe('5');
    expect(heard).not.toHaveBeenCalled();
  });

  test('goes to where it was tapped', () => {
    touch();
    send('pointermove');
    send('pointerup');
    expect(heard).toHaveBeenCalledExactlyOnceWith('8');
    expect(slider.value).toBe('8');
  });

  test('follows a finger that moves along it', () => {
    touch();
    send('pointermove');
    move('7');
    move('6');
    send('pointerup');
    expect(heard.mock.calls).toEqual([['7'], ['6']]);
  });

  test('moves at once with a mouse, and with keys after a scroll', () => {
    touch('mouse');
    expect(heard).toHaveBeenCalledExactlyOnceWith('8');
    touch();
    send('pointercancel');
    move('9');
    expect(heard).toHaveBeenLastCalledWith('9');
  });

  test('is the only field that it concerns', () => {
    slider.type = 'text';
    touch();
    expect(heard).toHaveBeenCalledExactlyOnceWith('8');
  });
});
