// What every form does while it is sent and when it is refused.
import {ApiError} from '../lib/api.js';

/**
 * Send a form with `send`; show a refusal at its field, or above the button.
 * @param {HTMLFormElement} form has a `.problem[role=alert]`, fields named as the API names them, and a disabled button
 * @param {(values: Record<string, string>) => Promise<void>} send
 */
export function onSubmit(form, send) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button[type="submit"]'));
  form.noValidate = true;
  // Until now a click would have left the page: the browser sends a form that no script handles.
  button.disabled = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-busy') === 'true') return;
    clearProblems(form);
    if (!checkFields(form)) return;
    button.setAttribute('aria-busy', 'true');
    try {
      await send(valuesOf(form));
    } catch (error) {
      showRefusal(form, error);
    } finally {
      button.removeAttribute('aria-busy');
    }
  });
}

/** @param {HTMLFormElement} form */
function valuesOf(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
}

/** Take back what was said about the fields. @param {HTMLFormElement} form */
export function clearProblems(form) {
  for (const problem of form.querySelectorAll('.problem')) problem.textContent = '';
  for (const input of inputs(form)) input.removeAttribute('aria-invalid');
}

/**
 * @param {HTMLFormElement} form
 * @returns {boolean} whether all fields may be sent
 */
function checkFields(form) {
  const wrong = inputs(form).filter((input) => !input.validity.valid);
  for (const input of wrong) showAt(input, sentenceFor(input));
  wrong[0]?.focus();
  return wrong.length === 0;
}

/** @param {HTMLInputElement} input */
function sentenceFor({validity, dataset, minLength}) {
  const name = dataset.name ?? 'This field';
  if (validity.valueMissing) return `${name} is missing.`;
  if (validity.typeMismatch) return 'Please check the email address.';
  if (validity.patternMismatch && dataset.shape) return dataset.shape;
  if (validity.tooShort) return `${name} needs at least ${minLength} characters.`;
  return `Please check this.`;
}

/**
 * @param {HTMLFormElement} form
 * @param {unknown} error
 */
function showRefusal(form, error) {
  if (!(error instanceof ApiError)) throw error;
  const named = inputs(form).find(({name}) => name in error.details);
  if (named) {
    showAt(named, String(error.details[named.name]));
    named.focus();
    return;
  }
  const problem = form.querySelector('.problem[role="alert"]');
  if (problem) problem.textContent = error.message;
}

/**
 * @param {HTMLInputElement} input
 * @param {string} sentence
 */
function showAt(input, sentence) {
  input.setAttribute('aria-invalid', 'true');
  const problem = document.getElementById(`${input.id}-problem`);
  if (problem) problem.textContent = sentence;
}

/**
 * @param {HTMLFormElement} form
 * @returns {HTMLInputElement[]}
 */
function inputs(form) {
  return [...form.querySelectorAll('input')];
}
