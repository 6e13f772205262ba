// Whether we may count what a customer uses: off until they switch it on.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {toast} from '../../ui/toast.js';

export class ProductAnalytics extends LitElement {
  static properties = {isOn: {state: true}, trouble: {state: true}};

  constructor() {
    super();
    /** @type {boolean | null} null until we know */
    this.isOn = null;
    this.trouble = '';
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.load();
  }

  async load() {
    try {
      const {product_analytics: isOn} = await said(api.GET('/api/user/privacy'));
      Object.assign(this, {isOn, trouble: ''});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error.message;
    }
  }

  /** @param {HTMLInputElement} input */
  async change(input) {
    const isOn = input.checked;
    try {
      await said(api.PUT('/api/user/privacy', {body: {product_analytics: isOn}}));
      this.isOn = isOn;
      toast(isOn ? 'Product analytics: on.' : 'Product analytics: off. The counts are deleted.');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      input.checked = !isOn;
      toast(error.message);
    }
  }

  render() {
    const {isOn, trouble} = this;
    return html`<h3>Product analytics</h3>
      ${trouble ? html`<div class="row" role="alert"><p>${trouble}</p><button class="button" type="button" @click=${() => void this.load()}>Try again</button></div>` : nothing}
      ${isOn === null ? (trouble ? nothing : html`<div class="skeleton line-high"></div>`) : html`<label class="switch-line" for="analytics">
        <span><strong>Count what I use</strong><br><span class="quiet" id="analytics-about">Off unless you switch it on. We then count how often you use each look, preset, shape, format and way of sharing in a day, to see what to improve. We count nothing else: no songs, no texts, no visits. Counts are deleted after 90 days, or when you switch this off.</span></span>
        <input type="checkbox" role="switch" id="analytics" aria-label="Count what I use" aria-describedby="analytics-about" .checked=${isOn}
          @change=${(/** @type {Event} */ event) => void this.change(/** @type {HTMLInputElement} */ (event.target))}>
      </label>`}`;
  }
}
