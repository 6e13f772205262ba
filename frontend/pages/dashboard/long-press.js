// A finger that rests on something: a phone's way to choose it.

const HELD_MS = 500;
/** A finger that moves farther scrolls. */
const STILL_PX = 10;
/** What has a meaning of its own when it is touched. */
const CONTROLS = 'button, input, summary, .menu-items';

/**
 * @param {EventTarget} element
 * @param {string} selector of the elements within it that can be pressed
 * @param {(pressed: HTMLElement) => void} act is called while the finger is still down
 */
export function onLongPress(element, selector, act) {
  let timer = 0;
  let from = {x: 0, y: 0};
  /** @type {HTMLElement | null} */
  let touched = null;
  let isHeld = false;
  const hold = () => {
    clearTimeout(timer);
    if (!touched || isHeld) return;
    isHeld = true;
    act(touched);
  };
  const stop = () => {
    clearTimeout(timer);
    touched = null;
  };
  const on = (/** @type {string} */ name, /** @type {(event: PointerEvent) => void} */ listener) => {
    element.addEventListener(name, /** @type {EventListener} */ (listener), {capture: true});
  };
  on('pointerdown', ({pointerType, isPrimary, target, clientX, clientY}) => {
    stop();
    isHeld = false;
    const pressed = /** @type {HTMLElement} */ (target);
    if (pointerType !== 'touch' || !isPrimary || pressed.closest(CONTROLS)) return;
    touched = pressed.closest(selector);
    from = {x: clientX, y: clientY};
    timer = window.setTimeout(hold, HELD_MS);
  });
  on('pointermove', ({clientX, clientY}) => {
    if (Math.hypot(clientX - from.x, clientY - from.y) > STILL_PX) stop();
  });
  on('pointerup', stop);
  on('pointercancel', stop);
  // Android opens the menu of a link when it has been held, by its own clock.
  on('contextmenu', (event) => {
    if (!touched && !isHeld) return;
    event.preventDefault();
    hold();
  });
  // The click that ends a long press is none. One from the keyboard has no count.
  on('click', (event) => {
    if (!isHeld || !event.detail) return;
    isHeld = false;
    event.preventDefault();
    event.stopPropagation();
  });
}
