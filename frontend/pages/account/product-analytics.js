// Whether we may count what a customer uses: off until they switch it on.
import {html} from 'lit';
import {api, said} from '../../lib/api.js';
import {Switches} from './switches.js';

export class ProductAnalytics extends Switches {
  static properties = {...Switches.properties, isOn: {state: true}};

  constructor() {
    super();
    /** @type {boolean | null} null until we know */
    this.isOn = null;
  }

  load() {
    return this.attempt(async () => {
      this.isOn = (await said(api.GET('/api/user/privacy'))).product_analytics;
    });
  }

  /** @param {boolean} isOn */
  async save(isOn) {
    await said(api.PUT('/api/user/privacy', {body: {product_analytics: isOn}}));
    this.isOn = isOn;
    return isOn ? 'Product analytics: on.' : 'Product analytics: off. The counts are deleted.';
  }

  render() {
    const {isOn} = this;
    return html`<h3>Product analytics</h3>
      ${this.problem()}
      ${isOn === null ? this.waiting() : html`<label class="switch-line" for="analytics">
        <span><strong>Count what I use</strong><br><span class="quiet" id="analytics-about">Off unless you switch it on. We then count how often you use each look, preset, shape, format and way of sharing in a day, to see what to improve. We count nothing else: no songs, no texts, no visits. Counts are deleted after 90 days, or when you switch this off.</span></span>
        <input type="checkbox" role="switch" id="analytics" aria-label="Count what I use" aria-describedby="analytics-about" .checked=${isOn}
          @change=${(/** @type {Event} */ event) => void this.change(/** @type {HTMLInputElement} */ (event.target), (on) => this.save(on))}>
      </label>`}`;
  }
}
