// Dialogs on top of the browser's own, which keeps the focus inside and closes on Escape.
import {html, nothing, render} from 'lit';

/**
 * Ask before something that cannot be undone; whether the answer is yes.
 * @param {{title: string, text: string, yes: string, no?: string, danger?: boolean, signal?: AbortSignal}} question
 *   signal: closes the dialog; the answer is no then
 * @returns {Promise<boolean>}
 */
export function ask({title, text, yes, no = 'Go back', danger = false, signal}) {
  return new Promise((answer) => {
    const dialog = document.createElement('dialog');
    dialog.className = 'dialog';
    dialog.setAttribute('aria-labelledby', 'question');
    let agreed = false;
    const close = (/** @type {boolean} */ decided) => {
      agreed = decided;
      dialog.close();
    };
    render(
      html`<div class="question">
        <h2 id="question">${title}</h2>
        ${text ? html`<p>${text}</p>` : nothing}
        <div class="row end">
          <button class="button" type="button" autofocus @click=${() => close(false)}>${no}</button>
          <button class="button ${danger ? 'danger' : 'main'}" type="button" @click=${() => close(true)}>${yes}</button>
        </div>
      </div>`,
      dialog,
    );
    signal?.addEventListener('abort', () => close(false));
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(agreed);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Ask which of several ways to go; null where the dialog is closed.
 * @param {{title: string, text: string, choices: [string, string][]}} question each choice: its name, and what the button says
 * @returns {Promise<string | null>}
 */
export function askOf({title, text, choices}) {
  return new Promise((answer) => {
    const dialog = document.createElement('dialog');
    dialog.className = 'dialog';
    dialog.setAttribute('aria-labelledby', 'question');
    /** @type {string | null} */
    let chosen = null;
    const choose = (/** @type {string} */ name) => {
      chosen = name;
      dialog.close();
    };
    render(
      html`<div class="question">
        <h2 id="question">${title}</h2>
        <p>${text}</p>
        <div class="row end">${choices.map(([name, label], at) => html`<button class="button ${at ? '' : 'main'}" type="button" ?autofocus=${!at} @click=${() => choose(name)}>${label}</button>`)}</div>
      </div>`,
      dialog,
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Ask for a name; null where nothing is chosen.
 * @param {{title: string, label: string, value: string, yes: string, longest: number}} question
 * @returns {Promise<string | null>}
 */
export function askName({title, label, value, yes, longest}) {
  return new Promise((answer) => {
    const dialog = document.createElement('dialog');
    dialog.className = 'dialog';
    dialog.setAttribute('aria-labelledby', 'question');
    /** @type {string | null} */
    let chosen = null;
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      chosen = /** @type {HTMLInputElement} */ (dialog.querySelector('input')).value.trim() || null;
      dialog.close();
    };
    render(
      html`<form class="question" @submit=${submit}>
        <h2 id="question">${title}</h2>
        <div class="field"><label for="asked-name">${label}</label>
          <input class="input" id="asked-name" dir="auto" maxlength=${longest} autocomplete="off" required autofocus .value=${value}></div>
        <div class="row end">
          <button class="button" type="button" @click=${() => dialog.close()}>Cancel</button>
          <button class="button main" type="submit">${yes}</button>
        </div>
      </form>`,
      dialog,
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('input')?.select();
  });
}
