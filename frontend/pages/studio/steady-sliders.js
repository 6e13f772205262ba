// Sliders that a scrolling finger leaves alone.

/**
 * A slider moves to a finger as soon as that touches it, long before it is clear whether the finger will scroll. Within `page`,
 * keep what a touch has set until the finger moves along the slider or lifts off, and drop it when the browser scrolls.
 * (Needs `touch-action: pan-y` on the sliders.)
 * @param {EventTarget} page
 */
export function steadySliders(page) {
  /** What each touched slider had, and what the touch has set. @type {WeakMap<HTMLInputElement, {before: string, first: string | null, hasMoved: boolean}>} */
  const touches = new WeakMap();
  const on = (/** @type {string} */ name, /** @type {(slider: HTMLInputElement, event: any) => void} */ listener) => {
    page.addEventListener(name, (event) => {
      const slider = /** @type {HTMLInputElement} */ (event.target);
      if (slider.type === 'range') listener(slider, event);
    }, {capture: true});
  };
  on('pointerdown', (slider, {pointerType}) => {
    if (pointerType === 'mouse') touches.delete(slider);
    else touches.set(slider, {before: slider.value, first: null, hasMoved: false});
  });
  on('pointermove', (slider) => {
    const touch = touches.get(slider);
    if (touch) touch.hasMoved = true;
  });
  on('input', (slider, event) => {
    const touch = touches.get(slider);
    if (!touch) return;
    if (touch.hasMoved) {
      touch.first = null;
      return;
    }
    event.stopImmediatePropagation();
    touch.first = slider.value;
    slider.value = touch.before;
  });
  on('pointerup', (slider) => {
    const value = touches.get(slider)?.first ?? null;
    touches.delete(slider);
    if (value === null) return;
    slider.value = value;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
  });
  on('pointercancel', (slider) => void touches.delete(slider));
}
