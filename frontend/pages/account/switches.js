// A part of the page with switches: it loads their state, and takes a switch back that the service refuses.
import {LitElement, html, nothing} from 'lit';
import {ApiError} from '../../lib/api.js';
import {toast} from '../../ui/toast.js';

/** A subclass has `load`, which fetches the state through `attempt`. */
export class Switches extends LitElement {
  static properties = {trouble: {state: true}};

  constructor() {
    super();
    this.trouble = '';
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.load();
  }

  async load() {}

  /** @param {() => Promise<void>} fetch a refusal stands in the page, with a button that tries again */
  async attempt(fetch) {
    try {
      await fetch();
      this.trouble = '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error.message;
    }
  }

  /**
   * @param {HTMLInputElement} input
   * @param {(isOn: boolean) => Promise<string>} save returns the sentence for the visitor
   */
  async change(input, save) {
    const isOn = input.checked;
    try {
      toast(await save(isOn));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      input.checked = !isOn;
      toast(error.message);
    }
  }

  /** The place of what still loads. */
  waiting() {
    return this.trouble ? nothing : html`<div class="skeleton line-high"></div>`;
  }

  problem() {
    if (!this.trouble) return nothing;
    return html`<div class="row" role="alert"><p>${this.trouble}</p><button class="button" type="button" @click=${() => void this.load()}>Try again</button></div>`;
  }
}
