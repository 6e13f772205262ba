// The example song on a stage: silent until it is played.
import song from '../example/first-light.mp3?url';
import trackUrl from '../example/first-light.orft?url';
import {PartError} from '../lib/part.js';
import {LOOKS} from './looks.js';
import {Preview} from './preview.js';
import {resolveSettings} from './settings.js';
import {decodeTrack} from '../sound/track.js';

/** @typedef {{play: () => void, pause: () => void}} Example */

/**
 * @param {HTMLElement} screen
 * @param {Record<string, any>} wanted settings; what is missing is as the look has it
 * @param {{cover?: Blob | null, image?: Blob | null}} [pictures]
 * @returns {Promise<Example>}
 */
export async function openExample(screen, wanted, {cover = null, image = null} = {}) {
  const answer = await fetch(trackUrl).catch(() => null);
  if (!answer?.ok) throw new PartError();
  const track = decodeTrack(await answer.arrayBuffer());
  const preview = new Preview(screen);
  const audio = new Audio(song);
  audio.loop = true;
  const settings = resolveSettings(wanted, LOOKS);
  try {
    const {title, artist} = settings.text;
    await preview.show({settings, track, title: title ?? '', artist: artist ?? '', cover, image, watermark: false});
  } catch (error) {
    preview.dispose();
    throw error;
  }
  // Silent, it shows the part that moves most.
  let silentS = track.dropS;
  let lastAt = performance.now();
  const tick = (/** @type {number} */ now) => {
    if (audio.paused) silentS = (silentS + (now - lastAt) / 1000) % track.durationS;
    lastAt = now;
    preview.draw(audio.paused ? silentS : audio.currentTime);
    requestAnimationFrame(tick);
  };
  preview.draw(silentS);
  preview.canvas.classList.add('drawn');
  requestAnimationFrame(tick);
  return {
    play() {
      if (!audio.currentTime) audio.currentTime = Math.max(0, track.dropS - 6);
      void audio.play();
    },
    pause() {
      silentS = audio.currentTime;
      audio.pause();
    },
  };
}
