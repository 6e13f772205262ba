// The project on the server: what is in the studio, kept under a name. It begins with Save, and follows by itself from then on.
import {ApiError, api, said} from '../../lib/api.js';
import {upload} from '../../lib/upload.js';
import {askOf} from '../../ui/dialog.js';
import {toast} from '../../ui/toast.js';

/** @typedef {import('./studio.js').Studio} Studio */
/** @typedef {import('../../lib/api-schema.js').components['schemas']['ProjectOut']} SavedProject */

/** A change follows within three seconds, and a customer on Free may write thirty times a minute. */
const FOLLOW_MS = 2500;
const AGAIN_MS = 5000;
const THUMBNAIL_EVERY_MS = 60_000;

export class Project extends EventTarget {
  id = '';
  version = 0;
  /** What the bar says; "" while there is no project. */
  words = '';

  #timer = 0;
  #sent = '';
  #isBusy = false;
  #thumbnailAt = -Infinity;

  /** @param {Studio} studio */
  constructor(studio) {
    super();
    this.studio = studio;
  }

  /** For a reload of the page. */
  get kept() {
    return {id: this.id, version: this.version, sent: this.#sent};
  }

  /** @param {any} kept what it was before a reload */
  restore(kept) {
    this.id = kept?.id ?? '';
    this.version = kept?.version ?? 0;
    this.#sent = kept?.sent ?? '';
    this.#say(this.id ? 'Saved in My videos' : '');
  }

  forget() {
    clearTimeout(this.#timer);
    this.restore(null);
  }

  /** What is in the studio is what this project of the server has. @param {SavedProject} project */
  is({id, version}) {
    this.id = id;
    this.version = version;
    this.#sent = this.#content();
    history.replaceState(null, '', `/studio?project=${id}`);
    this.#say('Saved in My videos');
  }

  /**
   * Make it, from files that are uploaded.
   * @param {string} uploadId the song
   * @param {Record<string, any>} settings with pictures named by their uploads
   */
  async create(uploadId, settings) {
    const {studio} = this;
    const content = this.#content();
    const thumbnail = await this.#thumbnail();
    const body = {name: studio.name, upload_id: uploadId, thumbnail_id: thumbnail, settings};
    this.is(await said(api.POST('/api/projects', {body})));
    this.#sent = content;
  }

  /** Something may have changed: let the server follow. */
  follow() {
    if (!this.id || this.studio.otherTab || !this.studio.song || this.#content() === this.#sent) return;
    this.#say('Saving…');
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#save(), FOLLOW_MS);
  }

  async #save() {
    if (this.#isBusy || !this.id) return;
    this.#isBusy = true;
    const content = this.#content();
    try {
      await this.#send();
      this.#sent = content;
      this.#say('Saved in My videos');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      await this.#refused(error);
    } finally {
      this.#isBusy = false;
    }
    this.follow();
  }

  async #send() {
    const {studio} = this;
    const {song} = studio;
    if (!song) return;
    const uploadId = await studio.engine.uploaded(song.file, () => this.#upload(song.file, 'audio'));
    const settings = await withUploads(studio, (file) => this.#upload(file, 'picture'));
    const body = {version: this.version, name: studio.name, upload_id: uploadId, thumbnail_id: await this.#thumbnail(), settings};
    const {version} = await said(api.PATCH('/api/projects/{project_id}', {params: {path: {project_id: this.id}}, body}));
    this.version = version;
  }

  /**
   * @param {File} file
   * @param {'audio' | 'picture'} field
   */
  #upload(file, field) {
    return upload(file, {field, signal: new AbortController().signal, progress: () => {}, trouble: () => {}});
  }

  /** A small picture for the list, from time to time. @returns {Promise<string | null>} its upload */
  async #thumbnail() {
    if (performance.now() - this.#thumbnailAt < THUMBNAIL_EVERY_MS) return null;
    const picture = await this.studio.engine.poster().then((poster) => poster && smaller(poster)).catch(() => null);
    if (!picture) return null;
    this.#thumbnailAt = performance.now();
    return this.#upload(new File([picture], 'thumbnail.jpg', {type: 'image/jpeg'}), 'picture');
  }

  /** @param {ApiError} error */
  async #refused(error) {
    if (error.isTemporary) {
      this.#say('Saved here. Waiting for the connection');
      this.#timer = window.setTimeout(() => void this.#save(), Math.max(AGAIN_MS, 1000 * (error.retryAfterS ?? 0)));
    } else if (error.code === 'CONFLICT') await this.#decide(Number(error.details.version));
    else if (error.status === 404 || error.status === 410) {
      // The project was deleted, or its song: what is here stays here.
      this.studio.engine.forgetUploads();
      this.forget();
      toast('This project is not on the server any more. Press Save to keep what you have here.');
    } else {
      this.#say('Saved here, and not in My videos');
      toast(error.message);
    }
  }

  /** Somebody has changed it meanwhile, perhaps in another window. @param {number} version of the server */
  async #decide(version) {
    const answer = await askOf({
      title: 'This project was changed elsewhere',
      text: 'Somebody has saved another version since you opened it, perhaps you in another window.',
      choices: [['mine', 'Keep mine'], ['theirs', 'Take theirs'], ['copy', 'Keep both']],
    });
    if (answer === 'mine') {
      this.version = version;
      await this.#save();
    } else if (answer === 'theirs') {
      location.assign(`/studio?project=${this.id}&fresh`);
    } else if (answer === 'copy') {
      this.forget();
      this.studio.save();
    } else this.#say('Changed elsewhere');
  }

  /** What would be sent. */
  #content() {
    const {studio} = this;
    return JSON.stringify([studio.name, studio.store.draft, studio.song?.file.name, studio.song?.file.size]);
  }

  /** @param {string} words */
  #say(words) {
    if (words === this.words) return;
    this.words = words;
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * The draft with pictures named by their uploads.
 * @param {Studio} studio
 * @param {(file: File) => Promise<string>} send
 * @returns {Promise<Record<string, any>>}
 */
export async function withUploads(studio, send) {
  const settings = structuredClone(studio.store.draft);
  for (const [part, key] of /** @type {const} */ ([['cover', 'file'], ['background', 'image']])) {
    const file = studio.pictures.get(settings[part]?.[key]);
    if (file) settings[part][key] = await studio.engine.uploaded(file, () => send(file));
  }
  return settings;
}

/** @param {Blob} picture */
async function smaller(picture) {
  const whole = await createImageBitmap(picture);
  const scale = Math.min(1, 480 / Math.max(whole.width, whole.height));
  const canvas = new OffscreenCanvas(Math.round(whole.width * scale), Math.round(whole.height * scale));
  canvas.getContext('2d')?.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  return canvas.convertToBlob({type: 'image/jpeg', quality: 0.85});
}
