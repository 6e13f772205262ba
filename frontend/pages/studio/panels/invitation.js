// What stands over the picture until a song is open: the invitation, the progress of reading, and what went wrong.
import {html, nothing} from 'lit';
import {isTouch} from '../../../lib/touch.js';
import {reload} from '../memory.js';
import {chooseSong} from '../song-file.js';

/** @param {import('../studio.js').Studio} studio */
export function invitation(studio) {
  const {engine} = studio;
  if (engine.opening) {
    const {name, fraction, isFetched} = engine.opening;
    return html`<div class="invite"><div>
      <p role="status">${isFetched ? 'Opening' : 'Listening to'} <bdi>${name}</bdi></p>
      <div class="meter" role="progressbar" aria-label="Listening" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(100 * fraction)}><span .style=${`transform:scaleX(${fraction})`}></span></div>
      <button class="button" type="button" @click=${() => engine.cancelOpening()}>Cancel</button>
    </div></div>`;
  }
  if (engine.song && !engine.problem) return nothing;
  return html`<div class="invite"><div>
    <h2>${engine.song ? 'That did not work' : isTouch() ? 'Choose a song' : 'Drop your song'}</h2>
    ${engine.problem ? html`<p class="problem" role="alert">${engine.problem}</p>` : nothing}
    <div class="row">
      ${engine.problem && engine.outdated
        ? reloadButton(studio, 'main large')
        : html`<button class="button main large" type="button" @click=${() => chooseSong(studio)}>Choose a file</button>`}
      ${engine.song ? html`<button class="button large" type="button" @click=${() => engine.forgetProblem()}><span>Keep <bdi>${engine.song.title || engine.song.name}</bdi></span></button>` : nothing}
    </div>
    <p class="quiet">MP3, WAV or M4A. It stays in your browser until you save or render.</p>
    ${engine.song ? nothing : html`<p class="quiet small">You’re watching our example, “First Light”, with the sound off.</p>`}
  </div></div>`;
}

/** Why there is no picture. @param {import('../studio.js').Studio} studio */
export function pictureProblem(studio) {
  const {pictureProblem: problem, outdated} = studio.engine;
  return problem
    ? html`<div class="no-picture-drawn" role="status"><p>${problem}</p>${outdated ? reloadButton(studio) : nothing}</div>`
    : nothing;
}

/**
 * @param {import('../studio.js').Studio} studio
 * @param {string} [kind] classes of the button
 */
export function reloadButton(studio, kind = '') {
  return html`<button class="button ${kind}" type="button" @click=${() => void reload(studio)}>Reload</button>`;
}
