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
  const timer = setTimeout(() => box.remove(), action ? 2 * SHOWN_MS : SHOWN_MS);
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
  }
  const among = place();
  // What is said now is true now; only an offer to undo stays beside it.
  for (const old of among.querySelectorAll('.toast:not(:has(button))')) old.remove();
  among.append(box);
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
