// Fields of the account's forms, and what is copied from them.
import {html, nothing} from 'lit';
import '../../ui/password-field.js';
import {toast} from '../../ui/toast.js';

/**
 * @param {string} id
 * @param {string} name
 * @param {string} label
 * @param {{type: string, autocomplete: string, named: string, hint?: string, longest?: number}} about named: as a sentence about it begins
 */
export function field(id, name, label, {type, autocomplete, named, hint, longest = 254}) {
  const input = html`<input class="input" id=${id} name=${name} type=${type} autocomplete=${/** @type {any} */ (autocomplete)} maxlength=${longest} required data-name=${named} aria-describedby=${`${id}-problem`}>`;
  return html`<div class="field"><label for=${id}>${label}</label>
    ${type === 'password' ? html`<oriel-password>${input}</oriel-password>` : input}
    ${hint ? html`<p class="hint">${hint}</p>` : nothing}
    <p class="problem" id=${`${id}-problem`}></p></div>`;
}

/** @param {string} form */
export const passwordField = (form) => field(`current-${form}`, 'current_password', 'Current password', {type: 'password', autocomplete: 'current-password', named: 'Your current password'});

/**
 * @param {string} text
 * @param {string} named as a sentence about it begins
 */
export async function copy(text, named) {
  const isOne = !named.endsWith('s');
  await navigator.clipboard.writeText(text).then(() => toast(`${named} ${isOne ? 'is' : 'are'} copied.`), () => toast('Your browser does not let us copy. Select the text and copy it.'));
}
