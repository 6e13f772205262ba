// Sliders that a scrolling finger leaves alone.

/**
 * A slider moves to a finger as soon as that touches it, long before it is clear whether the finger will scroll. Within `page`,
 * keep what a touch has set until the finger moves along the slider or lifts off, and drop it when the browser scrolls.
 * (Needs `touch-action: pan-y` on the sliders.)
 * @param {EventTarget} page
 */
export function steadySliders(page) {
  /** @type {{before: string, first: string | null, hasMoved: boolean} | null} */
  let touch = null;
  const on = (/** @type {string} */ name, /** @type {(slider: HTMLInputElement, event: any) => void} */ listener) => {
    page.addEventListener(name, (event) => {
      const slider = /** @type {HTMLInputElement} */ (event.target);
      if (slider.type === 'range') listener(slider, event);
    }, {capture: true});
  };
  on('pointerdown', (slider, {pointerType}) => {
    touch = pointerType === 'touch' ? {before: slider.value, first: null, hasMoved: false} : null;
  });
  on('pointermove', () => {
    if (touch) touch.hasMoved = true;
  });
  on('input', (slider, event) => {
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
    const value = touch?.first ?? null;
    touch = null;
    if (value === null) return;
    slider.value = value;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
  });
  on('pointercancel', () => {
    touch = null;
  });
}
