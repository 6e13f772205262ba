// The emails that an account does not need: each can be switched off.
import {html} from 'lit';
import {api, said} from '../../lib/api.js';
import {Switches} from './switches.js';

/** @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas */

export class Notifications extends Switches {
  static properties = {...Switches.properties, topics: {state: true}};

  constructor() {
    super();
    /** @type {Schemas['NotificationOut'][] | null} */
    this.topics = null;
  }

  load() {
    return this.attempt(async () => {
      this.topics = (await said(api.GET('/api/user/notifications'))).items;
    });
  }

  /**
   * @param {Schemas['NotificationOut']} topic
   * @param {boolean} isOn
   */
  async save({topic, title}, isOn) {
    this.topics = (await said(api.PUT('/api/user/notifications', {body: {topic, is_on: isOn}}))).items;
    return `${title}: ${isOn ? 'on' : 'off'}.`;
  }

  render() {
    const {topics} = this;
    return html`<section class="card part" aria-labelledby="notifications"><h2 id="notifications">Notifications</h2>
      <p class="quiet">Emails about your account’s security and your payments always come. These are up to you:</p>
      ${this.problem()}
      ${topics ? html`<ul class="rows">${topics.map((topic) => this.line(topic))}</ul>` : this.waiting()}
    </section>`;
  }

  /** @param {Schemas['NotificationOut']} topic */
  line(topic) {
    const id = `notify-${topic.topic}`;
    return html`<li><label class="switch-line" for=${id}>
      <span><strong>${topic.title}</strong><br><span class="quiet" id=${`${id}-about`}>${topic.description}</span></span>
      <input type="checkbox" role="switch" id=${id} aria-label=${topic.title} aria-describedby=${`${id}-about`} .checked=${topic.is_on}
        @change=${(/** @type {Event} */ event) => void this.change(/** @type {HTMLInputElement} */ (event.target), (on) => this.save(topic, on))}>
    </label></li>`;
  }
}
