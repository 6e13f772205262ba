// The look of a shared project, drawn live: with the project's song where the visitor may hear it, else with the example.
import {fetchFile} from '../../lib/download.js';
import {openExample} from '../../preview/example.js';
import {LOOKS} from '../../preview/looks.js';
import {Player} from '../../preview/player.js';
import {Preview} from '../../preview/preview.js';
import {nested, resolveSettings} from '../../preview/settings.js';
import {readSong, trackOf} from '../../preview/song.js';
import {tokenOf} from '../studio/share.js';

/**
 * @typedef {import('./source.js').Source} Source
 * @typedef {import('./source.js').SharedProject} SharedProject
 * @typedef {{play: () => void, pause: () => void}} Live
 */

/**
 * Draw a project.
 * @param {HTMLElement} screen
 * @param {SharedProject} project
 * @param {Source} source
 * @param {{progress: (part: number) => void, ended: () => void}} told progress: 0..1, while its song is fetched and read
 * @returns {Promise<Live>} rejects with an ApiError, a SongError, a PartError or a CannotDraw
 */
export async function openLive(screen, project, source, told) {
  const document = {version: 1, ...nested(project.settings)};
  const pictures = await picturesOf(document, source);
  if (project.song) return openSong(screen, document, pictures, await songOf(project, source, told.progress), told);
  return openExample(screen, document, pictures);
}

/** The address of the studio with a project's look. @param {SharedProject} project */
export async function studioWith({settings}) {
  return `/studio#look=${await tokenOf({version: 1, ...nested(settings)})}`;
}

/**
 * @param {HTMLElement} screen
 * @param {Record<string, any>} document
 * @param {{cover: Blob | null, image: Blob | null}} pictures
 * @param {File} file
 * @param {{progress: (part: number) => void, ended: () => void}} told
 * @returns {Promise<Live>}
 */
async function openSong(screen, document, {cover, image}, file, {progress, ended}) {
  const song = await readSong(file, {report: (part) => progress(0.5 + part / 2)});
  const track = trackOf(song);
  const settings = resolveSettings(document, LOOKS);
  const player = new Player();
  await player.load(song.pcm);
  const preview = new Preview(screen);
  const {text: {title, artist}, range} = settings;
  const ownCover = settings.cover.source === 'tags' ? song.cover : null;
  const scene = {settings, track, title: title ?? song.title, artist: artist ?? song.artist, cover: cover ?? ownCover, image, watermark: false};
  await preview.show(scene);
  player.addEventListener('frame', () => void preview.draw(player.timeS));
  player.addEventListener('change', () => player.paused && ended());
  const startS = Math.min(range.start_s, track.durationS);
  const endS = range.duration_s === null ? track.durationS : Math.min(track.durationS, startS + range.duration_s);
  player.seek(startS);
  void preview.draw(startS);
  preview.canvas.classList.add('drawn');
  return {
    play() {
      if (player.timeS >= endS - 0.05) player.seek(startS);
      void player.play(endS);
    },
    pause: () => player.pause(),
  };
}

/**
 * @param {SharedProject} project with a song
 * @param {Source} source
 * @param {(part: number) => void} progress
 */
function songOf({song}, {pathOf}, progress) {
  const {upload_id: id, filename} = /** @type {import('./source.js').Song} */ (song);
  return fetchFile(pathOf(id), filename, new AbortController().signal, (part) => progress(part / 2));
}

/**
 * The cover and the background; a picture that does not come is left out.
 * @param {Record<string, any>} document
 * @param {Source} source
 */
async function picturesOf({cover, background}, {pathOf}) {
  const picture = async (/** @type {string | null | undefined} */ id) => {
    if (!id || id === 'cover') return null;
    return fetchFile(pathOf(id), id, new AbortController().signal).catch(() => null);
  };
  const [front, image] = await Promise.all([
    picture(cover?.source === 'file' ? cover.file : null),
    picture(background?.type === 'image' ? background.image : null),
  ]);
  return {cover: front, image};
}
