// A short message at the lower edge, which goes by itself.

const SHOWN_MS = 6000;

/**
 * @param {string} sentence
 * @param {{label: string, act: () => void}} [action]
 */
export function toast(sentence, action) {
  const box = document.createElement('div');
  box.className = 'toast';
  box.append(sentence);
  let timer = 0;
  const leave = () => {
    // Whoever is about to press the button, or still reads, is not interrupted.
    if (box.matches(':focus-within, :hover')) timer = window.setTimeout(leave, SHOWN_MS);
    else box.remove();
  };
  timer = window.setTimeout(leave, action ? 2 * SHOWN_MS : SHOWN_MS);
  if (action) {
    const button = document.createElement('button');
    button.className = 'button';
    button.textContent = action.label;
    button.onclick = () => {
      clearTimeout(timer);
      box.remove();
      action.act();
    };
    box.append(button);
    // What had the focus may go with what was done; the keyboard then goes on here.
    if (document.activeElement?.matches(':focus-visible')) requestAnimationFrame(() => takeLostFocus(button));
  }
  const among = place();
  // What is said now is true now; only an offer to undo stays beside it.
  for (const old of among.querySelectorAll('.toast:not(:has(button))')) old.remove();
  among.append(box);
}

/** Take back what is not true any more. @param {string} sentence */
export function takeBack(sentence) {
  for (const box of document.querySelectorAll('.toast')) if (box.textContent === sentence) box.remove();
}

/** @param {HTMLElement} button */
function takeLostFocus(button) {
  if (document.activeElement === document.body) button.focus();
}

/** Where the messages stand: a dialog that is open hides everything outside it. */
function place() {
  const parent = document.querySelector('dialog[open]') ?? document.body;
  let found = parent.querySelector(':scope > .toasts');
  if (!found) {
    found = document.createElement('div');
    found.className = 'toasts';
    found.setAttribute('role', 'status');
    parent.append(found);
  }
  return found;
}
