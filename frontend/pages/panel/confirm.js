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

// A form that was refused is open again, with what was typed.
const refused = document.querySelector('dialog[data-open]');
if (refused instanceof HTMLDialogElement) refused.showModal();

// Back through the browser's history: the page is as it was left.
window.addEventListener('pageshow', ({persisted}) => {
  if (persisted) location.reload();
});

// On the document: a live page replaces its buttons.
document.addEventListener('click', ({target}) => {
  const button = target instanceof Element ? target.closest('button') : null;
  const dialog = document.getElementById(button?.dataset.dialog ?? '');
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
  if (button?.matches('[data-close]')) button.closest('dialog')?.close();
});
