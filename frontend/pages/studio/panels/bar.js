// The bar at the top: the name, undo, what is saved, and the way to the video.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {session} from '../../../lib/session.js';
import '../../../ui/avatar.js';
import {openShareDialog} from '../../../ui/share-dialog.js';
import {signOut} from '../../../ui/sign-out.js';
import {helpIcon, personIcon, redoIcon, savedIcon, savingIcon, shareIcon, songIcon, undoIcon, unsavedIcon} from '../icons.js';
import {openRenderDialog} from '../render-dialog.js';
import {share} from '../sharing.js';
import {chooseSong, offerNameAsTitle} from '../song-file.js';
import {openVersionHistory} from '../version-history.js';

/** @param {import('../studio.js').Studio} studio */
export function bar(studio) {
  const {store, song} = studio;
  return html`<header class="bar">
    <a class="brand" href="/" aria-label="Oriel, start page"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M16 2 29 9.5v13L16 30 3 22.5v-13Z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"/><path d="M11 12v8M16 9v14M21 13v6" stroke="var(--accent)" stroke-width="2.4" stroke-linecap="round"/></svg><span>Oriel</span></a>
    <input class=${studio.isRestored ? 'name' : 'name skeleton'} type="text" dir="auto" maxlength="120" aria-label="Name of this project" title="Rename" autocomplete="off" spellcheck="false" placeholder=${studio.isRestored ? 'Untitled' : nothing}
      .value=${live(studio.typedName ?? studio.name)} @input=${(/** @type {Event} */ event) => (studio.typedName = /** @type {HTMLInputElement} */ (event.target).value)} @change=${(/** @type {Event} */ event) => { studio.rename(/** @type {HTMLInputElement} */ (event.target).value); offerNameAsTitle(studio); }}
      @keydown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === 'Enter') /** @type {HTMLElement} */ (event.target).blur(); }}>
    <button class="icon" type="button" aria-label="Undo" title=${store.undoLabel ? `Undo: ${store.undoLabel}` : 'Undo'} ?disabled=${!store.canUndo} @click=${() => studio.undo()}>${undoIcon}</button>
    <button class="icon" type="button" aria-label="Redo" title=${store.redoLabel ? `Redo: ${store.redoLabel}` : 'Redo'} ?disabled=${!store.canRedo} @click=${() => studio.redo()}>${redoIcon}</button>
    ${savedState(studio)}
    ${song ? html`<button class="icon wide-only" type="button" aria-label="Change the song" title="Change the song" @click=${() => chooseSong(studio)}>${songIcon}</button>` : nothing}
    ${shareMenu(studio)}
    <a class="icon wide-only" href="/help" target="_blank" aria-label="Help" title="Help">${helpIcon}</a>
    ${session.state === 'signed-in'
      ? html`<details class="menu"><summary class="icon" aria-label="Your account" title=${session.user?.email ?? ''}>${session.user?.avatar_url ? html`<oriel-avatar name=${session.user.name || session.user.email} src=${session.user.avatar_url}></oriel-avatar>` : personIcon}</summary>
          <div class="menu-items"><span class="quiet">${session.user?.email}</span>
            ${projectActions(studio, 'narrow-only')}
            <a href="/dashboard">My videos</a><a href="/account">Account</a><a href="/billing">Plan and billing</a><a href="/help" target="_blank">Help</a><button type="button" @click=${() => void signOut()}>Sign out</button></div></details>`
      : visitorsMenu(studio)}
    ${song && !studio.project.id ? html`<button class="button" type="button" title="Keep it in My videos" @click=${() => studio.save()}>Save</button>` : nothing}
    <button class="button main" type="button" ?disabled=${!song} title=${song ? nothing : 'Choose a song first'} @click=${() => openRenderDialog(studio)}>Render</button>
  </header>`;
}

/** On a phone with a song there is no room: Save and Render lead to an account. @param {import('../studio.js').Studio} studio */
function visitorsMenu({song}) {
  return html`<a class="button plain wide-only" href="/login?next=/studio">Sign in</a>
    ${song ? nothing : html`<details class="menu narrow-only"><summary class="icon" aria-label="Menu" title="Menu">${personIcon}</summary>
      <div class="menu-items"><a href="/login?next=/studio">Sign in</a><a href="/register?next=/studio">Create an account</a><a href="/pricing">Pricing</a><a href="/help" target="_blank">Help</a></div></details>`}`;
}

/** @param {import('../studio.js').Studio} studio */
function shareMenu(studio) {
  return html`<details class="menu wide-only"><summary class="icon" aria-label="Share" title="Share">${shareIcon}</summary>
    <div class="menu-items">${projectActions(studio, '')}<button type="button" @click=${() => share(studio)}>Copy a link to this look</button></div></details>`;
}

/**
 * What can be done with a saved project; on a phone it stands in the menu of the account.
 * @param {import('../studio.js').Studio} studio
 * @param {string} where a class
 */
function projectActions(studio, where) {
  const {project, name} = studio;
  if (!project.id) return nothing;
  return html`${project.isMine ? html`<button class=${where} type="button" @click=${() => openShareDialog({id: project.id, name}, (isShared) => (project.isShared = isShared))}>Share this project…</button>` : nothing}
    <button class=${where} type="button" @click=${() => openVersionHistory(studio)}>Version history</button>`;
}

/** @param {import('../studio.js').Studio} studio */
const wordsOf = ({otherTab, isOpening, project, saved}) => (isOpening ? '' : otherTab ? saved : project.words || saved);

/** Words, and on a phone a sign. @param {import('../studio.js').Studio} studio */
function savedState(studio) {
  const {project, otherTab} = studio;
  const words = wordsOf(studio);
  const sign = !words ? nothing : /^(Saving|Saved .*Waiting)/.test(words) ? savingIcon : /^Saved(?!.*only)/.test(words) ? savedIcon : unsavedIcon;
  const line = html`${sign}<span>${words}</span>`;
  const asks = project.isUndecided && !otherTab;
  return html`<span class="saved" role="status" title=${words}>${asks ? html`<button type="button" title="Choose whose version stays" @click=${() => project.decide()}>${line}</button>` : line}</span>`;
}
