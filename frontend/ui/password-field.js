// A button that shows a password while it is typed, in place of a second field.

/** Goes around an `<input type="password">`. */
class PasswordField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector('input');
    if (!input || this.querySelector('button')) return;
    const button = document.createElement('button');
    button.type = 'button';
    const show = (/** @type {boolean} */ isShown) => {
      input.type = isShown ? 'text' : 'password';
      button.textContent = isShown ? 'Hide' : 'Show';
      button.setAttribute('aria-pressed', String(isShown));
    };
    show(false);
    button.title = 'Show or hide the password';
    button.addEventListener('click', () => {
      show(input.type === 'password');
      input.focus();
    });
    // Browsers offer to save what was a password when it was sent.
    input.form?.addEventListener('submit', () => show(false), true);
    input.form?.addEventListener('reset', () => show(false));
    this.append(button);
  }
}

customElements.define('oriel-password', PasswordField);
