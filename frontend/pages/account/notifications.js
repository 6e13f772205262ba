// The emails that an account does not need: each can be switched off.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {toast} from '../../ui/toast.js';

/** @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas */

export class Notifications extends LitElement {
  static properties = {topics: {state: true}, trouble: {state: true}};

  constructor() {
    super();
    /** @type {Schemas['NotificationOut'][] | null} */
    this.topics = null;
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
      const {items} = await said(api.GET('/api/user/notifications'));
      Object.assign(this, {topics: items, trouble: ''});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error.message;
    }
  }

  /**
   * @param {Schemas['NotificationOut']} topic
   * @param {HTMLInputElement} input
   */
  async change({topic, title}, input) {
    const isOn = input.checked;
    try {
      const {items} = await said(api.PUT('/api/user/notifications', {body: {topic, is_on: isOn}}));
      this.topics = items;
      toast(`${title}: ${isOn ? 'on' : 'off'}.`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      input.checked = !isOn;
      toast(error.message);
    }
  }

  render() {
    const {topics, trouble} = this;
    return html`<section class="card part" aria-labelledby="notifications"><h2 id="notifications">Notifications</h2>
      <p class="quiet">Emails about your account’s security and your payments always come. These are up to you:</p>
      ${trouble ? html`<div class="row" role="alert"><p>${trouble}</p><button class="button" type="button" @click=${() => void this.load()}>Try again</button></div>` : nothing}
      ${topics ? html`<ul class="rows">${topics.map((topic) => this.line(topic))}</ul>` : trouble ? nothing : html`<div class="skeleton line-high"></div>`}
    </section>`;
  }

  /** @param {Schemas['NotificationOut']} topic */
  line(topic) {
    const id = `notify-${topic.topic}`;
    return html`<li><label class="switch-line" for=${id}>
      <span><strong>${topic.title}</strong><br><span class="quiet" id=${`${id}-about`}>${topic.description}</span></span>
      <input type="checkbox" role="switch" id=${id} aria-label=${topic.title} aria-describedby=${`${id}-about`} .checked=${topic.is_on}
        @change=${(/** @type {Event} */ event) => void this.change(topic, /** @type {HTMLInputElement} */ (event.target))}>
    </label></li>`;
  }
}
