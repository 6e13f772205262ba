// A person's picture as a circle, or their initials where there is none: `<oriel-avatar name="Ada" src="…">`.
import {initials} from '../lib/words.js';

class Avatar extends HTMLElement {
  static observedAttributes = ['name', 'src'];

  connectedCallback() {
    // The name stands beside it.
    this.setAttribute('aria-hidden', 'true');
  }

  attributeChangedCallback() {
    const letters = initials(this.getAttribute('name') ?? '');
    const src = this.getAttribute('src');
    this.replaceChildren(letters);
    if (!src) return;
    const image = new Image();
    image.alt = '';
    // The address may have expired, or the picture may be gone: the initials stand below it.
    image.onerror = () => image.remove();
    image.src = src;
    this.append(image);
  }
}

if (!customElements.get('oriel-avatar')) customElements.define('oriel-avatar', Avatar);
