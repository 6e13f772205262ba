// Dialogs on top of the browser's own, which keeps the focus inside and closes on Escape.
import {html, nothing, render} from 'lit';

/**
 * Ask before something that cannot be undone; whether the answer is yes.
 * @param {{title: string, text: string, yes: string, no?: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function ask({title, text, yes, no = 'Go back', danger = false}) {
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
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(agreed);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
