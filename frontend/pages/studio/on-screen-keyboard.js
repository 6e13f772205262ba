// Keeps the field that is typed in above the on-screen keyboard, which covers a page without changing its size.

/** Browsers' own bars come and go; a keyboard takes more than they do. */
const LEAST_PX = 120;

/**
 * While a keyboard covers a part of `page`, give the page the height that is left (`--visible-height`, with the class
 * `typing`), and scroll to the field that has the focus, also when another field takes it.
 * @param {HTMLElement} page
 * @param {VisualViewport | null} [viewport]
 * @returns {() => void} ends it
 */
export function watchKeyboard(page, viewport = visualViewport) {
  if (!viewport) return () => {};
  let isOpen = false;
  const fit = () => {
    const heightPx = Math.round(viewport.height * viewport.scale);
    isOpen = innerHeight - heightPx > LEAST_PX;
    page.classList.toggle('typing', isOpen);
    if (isOpen) page.style.setProperty('--visible-height', `${heightPx}px`);
    else page.style.removeProperty('--visible-height');
    if (isOpen) showField(page);
  };
  const follow = () => {
    if (isOpen) showField(page);
  };
  viewport.addEventListener('resize', fit);
  page.addEventListener('focusin', follow);
  return () => {
    viewport.removeEventListener('resize', fit);
    page.removeEventListener('focusin', follow);
  };
}

/** @param {HTMLElement} page */
function showField(page) {
  const field = document.activeElement;
  if (!(field instanceof HTMLElement) || !page.contains(field)) return;
  // Safari has moved the whole page up; its own scrolling parts are enough.
  scrollTo(0, 0);
  field.scrollIntoView({block: 'center'});
}
