// The project on the server: what is in the studio, kept under a name. It begins with Save, and follows by itself from then on.
import {ApiError, api, said} from '../../lib/api.js';
import {upload} from '../../lib/upload.js';
import {isolated} from '../../lib/words.js';
import {toast} from '../../ui/toast.js';
import {askAsOutsider, askWhoseVersion, changeProject, keepAsOwn, keepBoth, markOf} from './project-conflict.js';
import {withUploads} from './project-pictures.js';
import {Thumbnail} from './project-thumbnail.js';

/** @typedef {import('./studio.js').Studio} Studio */
/** @typedef {import('../../lib/api-schema.js').components['schemas']['ProjectOut']} SavedProject */

/** A change follows within three seconds, and a customer on Free may write thirty times a minute. */
const FOLLOW_MS = 2500;
const AGAIN_MS = 5000;
const WAITING_WORDS = 'Saved in this browser. Waiting for the connection';
/** So many saves without an answer are told apart from those of others. */
const MOST_UNANSWERED = 5;
const HELD_WORDS = 'Not saved: settings of the video';

export class Project extends EventTarget {
  id = '';
  version = 0;
  /** What the bar says; "" while there is no project. */
  words = '';
  /** What the visitor is to it. @type {'owner' | 'editor' | 'viewer'} */
  role = 'owner';
  /** Whose it is; "" for one's own. */
  owner = '';
  /** Whether others can open it too. */
  isShared = false;
  /** Whether the server has everything that is in the studio. */
  isSaved = true;

  #timer = 0;
  /** No sooner than this is the server asked again. */
  #notBefore = 0;
  #sent = '';
  /** What the server has refused for good: the next change is tried again. */
  #refused = '';
  /** What is shown and not saved before it is changed: the settings of a video. */
  #held = '';
  /** Saves that have no answer: the server may have them, also for a tab that goes on from here. @type {string[]} */
  #unanswered = [];
  #isBusy = false;
  /** What the picture in the list shows, of what was sent; "" where that is not known. */
  #pictured = '';
  /** Whether what the server has is kept as a version of its own: it is about to be saved over. */
  #keepsBefore = false;
  /** Whether the visitor has closed the question whose version stays. */
  isUndecided = false;

  /** @param {Studio} studio */
  constructor(studio) {
    super();
    this.studio = studio;
    this.thumbnail = new Thumbnail(studio, (file) => this.#upload(file, 'picture'));
  }

  /** Whether it belongs to the visitor; otherwise they are one of its editors. */
  get isMine() {
    return this.role === 'owner';
  }

  /** Whose uploads its pictures are, as the engine remembers them. */
  get #uploadsOf() {
    return this.isMine ? '' : this.id;
  }

  get #savedWords() {
    return this.owner ? `Saved in ${isolated(this.owner)}’s project` : 'Saved in My videos';
  }

  /** For a reload of the page. */
  get kept() {
    return {id: this.id, version: this.version, role: this.role, owner: this.owner, isShared: this.isShared, sent: this.#sent, isSaved: this.isSaved, isPictured: this.#pictured === this.#sent, held: this.#held, unanswered: this.#unanswered, keepsBefore: this.#keepsBefore};
  }

  /** @param {any} kept what it was before a reload */
  restore(kept) {
    this.id = kept?.id ?? '';
    this.version = kept?.version ?? 0;
    this.role = kept?.role ?? 'owner';
    this.owner = kept?.owner ?? '';
    this.isShared = kept?.isShared ?? false;
    this.#sent = kept?.sent ?? '';
    this.isSaved = kept?.isSaved ?? true;
    this.#pictured = kept?.isPictured ? this.#sent : '';
    this.#held = kept?.held ?? '';
    this.#unanswered = kept?.unanswered ?? [];
    this.isUndecided = false;
    this.#keepsBefore = kept?.keepsBefore ?? false;
    this.#say(this.id ? this.#savedWords : '');
  }

  /** Save no more, until something has it follow again: another tab does. */
  stop() {
    clearTimeout(this.#timer);
    this.thumbnail.stop();
  }

  forget() {
    this.stop();
    this.restore(null);
  }

  /**
   * What is in the studio is what this project of the server has.
   * @param {SavedProject} project
   * @param {import('./store.js').Draft} [draft] as the server has it, where it was changed since
   */
  adopt({id, version, role, owner_name: owner, is_shared: isShared}, draft) {
    this.id = id;
    this.version = version;
    this.role = role;
    this.owner = owner ?? '';
    this.isShared = isShared;
    this.#sent = this.#content(draft);
    this.#pictured = '';
    this.#held = '';
    this.#unanswered = [];
    // What it was when it was opened stays in the version history: it may come from another device, a moment ago.
    this.#keepsBefore = true;
    this.isUndecided = false;
    this.isSaved = true;
    history.replaceState(null, '', `/studio?project=${id}`);
    this.words = this.#savedWords;
    // It may be another project with the same words.
    this.dispatchEvent(new Event('change'));
  }

  /**
   * Make it, from files that are uploaded.
   * @param {string} id a new one: the same again makes no second project
   * @param {string} uploadId the song
   * @param {Record<string, any>} settings with pictures named by their uploads
   * @param {AbortSignal} signal tells that the visitor has cancelled: nothing is kept then
   * @param {boolean} [isCopy] whether the server is to name it as a copy, so that nobody mistakes it for the other one
   */
  async create(id, uploadId, settings, signal, isCopy = false) {
    const {studio} = this;
    const {draft} = studio.store;
    let content = this.#content();
    // The picture that was sent for one that the visitor has cancelled is not this one's.
    this.thumbnail.renew();
    const picture = await this.thumbnail.take();
    const body = {id, name: studio.name, upload_id: uploadId, thumbnail_id: picture, settings, ...(isCopy ? {is_copy: true} : {})};
    signal.throwIfAborted();
    const project = await said(api.POST('/api/projects', {body}));
    if (signal.aborted) await said(api.POST('/api/projects/delete', {body: {ids: [project.id]}}));
    signal.throwIfAborted();
    if (isCopy) {
      studio.ownName = project.name;
      content = this.#content(draft);
    }
    this.adopt(project);
    this.#keepsBefore = false;
    this.#sent = content;
    if (picture) this.#pictured = content;
    this.follow();
  }

  /** Save what is shown now with the next change, and not before. */
  hold() {
    this.#held = this.#content();
    this.#say(HELD_WORDS);
  }

  /** Ask once more whose version stays. */
  decide() {
    this.#refused = '';
    void this.#save();
  }

  /** Its owner has removed this editor. Nothing is lost yet, and the next change asks what becomes of it. */
  losesAccess() {
    this.#say('No longer shared with you');
  }

  /** Something may have changed: let the server follow. */
  follow() {
    const {studio} = this;
    if (!this.id || !studio.mayWrite) return;
    const content = this.#content();
    if (content === this.#held) {
      this.stop();
      this.isSaved = true;
      this.#say(HELD_WORDS);
      return;
    }
    this.isSaved = content === this.#sent;
    if (this.isSaved && this.words === HELD_WORDS) this.#say(this.#savedWords);
    if (content !== this.#refused) this.isUndecided = false;
    if (this.isSaved) this.#followWithPicture();
    if (this.isSaved || content === this.#refused) return;
    if (studio.missingPictures.length) {
      this.#say('Not saved: a picture is missing');
      return;
    }
    if (Date.now() > this.#notBefore) this.#say('Saving…');
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#save(), Math.max(FOLLOW_MS, this.#notBefore - Date.now()));
  }

  /** Save what is not saved yet. @returns {Promise<boolean>} whether all of it is saved */
  async finish() {
    clearTimeout(this.#timer);
    if (!this.isSaved) await this.#save();
    return this.isSaved;
  }

  async #save() {
    if (this.#isBusy || !this.id || !this.studio.mayWrite) return;
    this.#isBusy = true;
    const content = this.#content();
    try {
      const isPictured = await this.#send();
      if (isPictured === null) return;
      if (isPictured) this.#pictured = content;
      this.#sent = content;
      this.#refused = this.#held = '';
      this.#keepsBefore = false;
      this.isUndecided = false;
      this.isSaved = true;
      this.#say(this.#savedWords);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      await this.#hear(error, content);
    } finally {
      this.#isBusy = false;
    }
    this.follow();
  }

  /** @returns {Promise<boolean | null>} whether its picture was sent too; null where another tab goes on, and nothing was sent */
  async #send() {
    const {studio} = this;
    const uploadId = await this.#songUpload();
    const settings = await withUploads(studio, (file) => this.#upload(file, 'picture'), this.#uploadsOf);
    const body = {version: this.version, name: studio.name, upload_id: uploadId, thumbnail_id: await this.thumbnail.take(), settings, ...(this.#keepsBefore ? {keep_before: true} : {})};
    const mark = markOf(body);
    this.#unanswered = [...this.#unanswered.filter((each) => each !== mark), mark].slice(-MOST_UNANSWERED);
    // First of all in this browser: another tab, or this one after a reload, goes on from there.
    await studio.keepNow();
    if (!studio.mayWrite) return null;
    this.version = await changeProject(this.id, body, this.#unanswered);
    this.#unanswered = [];
    return body.thumbnail_id !== null;
  }

  /** The song's upload; null where there is no song, or the song is somebody else's to change. */
  async #songUpload() {
    const {song, engine} = this.studio;
    return song && this.isMine ? engine.uploads.idOf(song.file, () => this.#upload(song.file, 'audio')) : null;
  }

  /**
   * @param {File} file
   * @param {'audio' | 'picture'} field
   */
  #upload(file, field) {
    const path = this.isMine ? {} : {path: `/api/projects/${this.id}/pictures`};
    // Of a picture that comes too late, nobody needs to know.
    const trouble = (/** @type {ApiError | null} */ error) => !this.isSaved && this.#say(error ? WAITING_WORDS : 'Saving…');
    return upload(file, {...path, field, signal: new AbortController().signal, progress: () => {}, trouble});
  }

  /** The list shows what was saved: also after a tab was left before its picture was sent, and after an older version came back. */
  #followWithPicture() {
    if (this.#pictured === this.#sent || !this.studio.song) return;
    this.thumbnail.takeLater(FOLLOW_MS, () => void this.#sendPicture());
  }

  /** Send the picture of what was saved; it makes no newer version. */
  async #sendPicture() {
    // What is saved otherwise brings its picture with it.
    if (!this.id || this.#isBusy || !this.isSaved || !this.studio.mayWrite) return;
    this.#isBusy = true;
    const {id, version} = this;
    const sent = this.#sent;
    try {
      const thumbnail = await this.thumbnail.take();
      if (thumbnail && id === this.id) {
        await said(api.PATCH('/api/projects/{project_id}', {params: {path: {project_id: id}}, body: {version, name: null, upload_id: null, thumbnail_id: thumbnail, settings: null}}));
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#isBusy = false;
      // Also where it fails: nothing of the project is lost, and the next change brings another picture.
      this.#pictured = sent;
    }
    this.follow();
  }

  /**
   * @param {ApiError} error
   * @param {string} content what was refused
   */
  async #hear(error, content) {
    if (error.isTemporary) {
      this.#notBefore = Date.now() + Math.max(AGAIN_MS, 1000 * (error.retryAfterS ?? 0));
      this.#say(WAITING_WORDS);
      return;
    }
    // A tab that was left has no question to ask: the one in use does.
    if (!this.studio.mayWrite) return;
    if (error.code === 'CONFLICT') {
      await this.#decide(Number(error.details.version), String(error.details.by ?? ''), content);
      return;
    }
    const isGone = error.status === 404 || error.status === 410;
    if (!this.isMine && (error.code === 'NOT_ALLOWED' || (isGone && (await this.#isDeleted())))) {
      await this.#keepWithoutAccess(error, content);
      return;
    }
    if (isGone && (await this.#isDeleted())) {
      this.forget();
      toast('This project was deleted. Press Save to keep what you have here.');
      return;
    }
    if (isGone && this.#retried !== content) {
      // An upload has expired: everything is sent again, once.
      this.#retried = content;
      this.studio.engine.uploads.forget();
      return;
    }
    this.#refused = content;
    this.#say('Saved in this browser only');
    if (error.status === 401) this.studio.askToSignIn();
    else toast(error.message);
  }

  #retried = '';

  async #isDeleted() {
    const answer = await said(api.GET('/api/projects/{project_id}', {params: {path: {project_id: this.id}}})).catch((error) => error);
    return answer instanceof ApiError && answer.status === 404;
  }

  /**
   * The owner has removed this editor, made them a viewer, or deleted the project: what is here stays here.
   * @param {ApiError} error
   * @param {string} content what was refused
   */
  async #keepWithoutAccess(error, content) {
    if ((await askAsOutsider(this.studio, error)) === 'copy') {
      keepAsOwn(this.studio);
      return;
    }
    this.#refused = content;
    this.#say('Saved in this browser only');
  }

  /**
   * Somebody has changed it meanwhile, perhaps in another window.
   * @param {number} version of the server
   * @param {string} by the name of another person; "" for the visitor
   * @param {string} content of this window
   */
  async #decide(version, by, content) {
    this.isUndecided = false;
    const answer = await askWhoseVersion(by);
    if (answer === 'mine') {
      this.version = version;
      this.#keepsBefore = true;
    } else if (answer === 'theirs') location.assign(`/studio?project=${this.id}&fresh`);
    else if (answer === 'copy') keepBoth(this.studio);
    else {
      // The next change asks again, and so does the bar.
      this.#refused = content;
      this.isUndecided = true;
      this.#say('Not saved: changed elsewhere');
    }
  }

  /** What would be sent. */
  #content(draft = this.studio.store.draft) {
    const {studio} = this;
    const song = this.isMine ? [studio.song?.file.name, studio.song?.file.size] : [];
    return JSON.stringify([studio.name, draft, ...song]);
  }

  /** @param {string} words */
  #say(words) {
    if (words === this.words) return;
    this.words = words;
    this.dispatchEvent(new Event('change'));
  }
}
