// Forms that change something ask first: with a question of the button's, or in a dialog with fields of its own.
import {ask} from '../../ui/dialog.js';

/** Forms whose question was answered with yes, until they are sent. @type {WeakSet<HTMLFormElement>} */
const agreed = new WeakSet();

document.addEventListener('submit', async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (event.submitter);
  const {question, text = '', yes = 'Yes', danger} = {...form.dataset, ...button?.dataset};
  if (!question || agreed.delete(form)) {
    busy(form, button);
    return;
  }
  event.preventDefault();
  if (!(await ask({title: question, text, yes, danger: danger !== undefined}))) return;
  agreed.add(form);
  form.requestSubmit(button);
});

/**
 * Let nobody send a form twice.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
function busy(form, button) {
  if (form.method !== 'post') return;
  button?.setAttribute('aria-busy', 'true');
  form.addEventListener('submit', (event) => event.preventDefault());
}

// Back through the browser's history: the page is as it was left.
window.addEventListener('pageshow', ({persisted}) => {
  if (persisted) location.reload();
});

for (const opener of document.querySelectorAll('button[data-dialog]')) {
  const dialog = document.getElementById(/** @type {HTMLElement} */ (opener).dataset.dialog ?? '');
  if (dialog instanceof HTMLDialogElement) opener.addEventListener('click', () => dialog.showModal());
}

for (const closer of document.querySelectorAll('dialog [data-close]')) {
  closer.addEventListener('click', () => closer.closest('dialog')?.close());
}
