// A file → canonical PCM, feature track, tags and cover. Runs in a worker; nothing is held in memory as a whole.
import {BlobSource, EncodedPacketSink, Input, Logging, LogLevel, MP3, MP4, WAVE} from 'mediabunny';
import {SAMPLE_RATE} from '../sound/grid.js';
import {Canonical} from './canonical.js';
import {partsOfMp3} from './mp3-parts.js';
import {trimOfMp3} from './mp3-trim.js';
import {editOfMp4} from './mp4-trim.js';
import {PacketDecoder} from './packet-decoder.js';
import {SongError} from './song-error.js';
import {readTags} from './song-tags.js';
import {isWav, readWav, wavPieces} from './wav-file.js';

/** @typedef {import('./song.js').Heard} Heard */
/** @typedef {(fraction: number) => void} Report */
/** @typedef {{track: import('mediabunny').InputAudioTrack, config: AudioDecoderConfig, isMp3: boolean, seconds: number}} Sound */
/** Decodes a whole file, for a browser that cannot decode packets. @typedef {(rate: number) => Promise<Float32Array[]>} DecodeAll */

const LONGEST_S = 3600;
const LONGEST_AT_ONCE_S = 900;
const PIECE = 1 << 16;

// What it would warn of in the console, the visitor is told in a sentence.
Logging.level = LogLevel.Silent;

/**
 * @param {File} file
 * @param {Report} report fraction of the work, 0..1
 * @param {DecodeAll | null} decodeAll
 * @returns {Promise<Heard>}
 */
export async function decodeSong(file, report, decodeAll) {
  const input = new Input({source: new BlobSource(file), formats: [MP3, MP4, WAVE]});
  try {
    const pcm = await isWav(file) ? await decodeWav(file, report) : await decodePackets(file, input, report, decodeAll);
    return {...pcm, ...await tagsOf(file, input)};
  } finally {
    input.dispose();
  }
}

/**
 * @param {File} file
 * @param {Report} report
 */
async function decodeWav(file, report) {
  const sound = await readWav(file);
  if (!sound) throw new SongError('unreadable');
  const samples = sound.bytes / sound.block;
  if (samples / sound.rate > LONGEST_S) throw new SongError('too long');
  const canonical = new Canonical(samples * SAMPLE_RATE / sound.rate);
  let heard = 0;
  for await (const channels of wavPieces(file, sound)) {
    canonical.push(channels, sound.rate, sound.coarse);
    report((heard += channels[0].length) / samples);
  }
  return canonical.finish();
}

/**
 * @param {File} file
 * @param {Input} input
 * @param {Report} report
 * @param {DecodeAll | null} decodeAll
 */
async function decodePackets(file, input, report, decodeAll) {
  const sound = await soundOf(input);
  const parts = sound.isMp3 ? await partsOfMp3(file) : [];
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0) || sound.seconds;
  if (seconds > LONGEST_S + 60) throw new SongError('too long');
  const canonical = new Canonical(seconds * SAMPLE_RATE);
  if (decodeAll) {
    if (seconds > LONGEST_AT_ONCE_S) throw new SongError('too long here');
    return pushAll(canonical, await decodeAll(sound.config.sampleRate), sound.config.sampleRate, report);
  }
  const hear = (/** @type {Float32Array[]} */ channels, /** @type {number} */ rate) => canonical.push(channels, rate);
  const tell = (/** @type {number} */ atS) => report(Math.min(1, atS / seconds || 0));
  if (!sound.isMp3) {
    const edit = await editOfMp4(file);
    // mediabunny counts time from where the edit begins.
    await decodeTrack(sound, edit.end - edit.start, trimmedFrom(edit.start, canonical), tell);
    return canonical.finish();
  }
  const {skip, count} = await trimOfMp3(file);
  canonical.trim(skip, count);
  if (parts.length < 2) await decodeTrack(sound, Infinity, hear, tell);
  let before = 0;
  for (const part of parts.length < 2 ? [] : parts) {
    const stretch = new Input({source: new BlobSource(part.file), formats: [MP3]});
    try {
      await decodeTrack(await soundOf(stretch), Infinity, hear, (atS) => tell(before + atS));
    } finally {
      stretch.dispose();
    }
    before += part.seconds;
  }
  return canonical.finish();
}

/**
 * @param {number} startS where the song begins in the sound
 * @param {Canonical} canonical
 * @returns {import('./packet-decoder.js').Hear}
 */
function trimmedFrom(startS, canonical) {
  let isFirst = true;
  return (channels, rate) => {
    if (isFirst) canonical.trim(Math.round(startS * rate));
    isFirst = false;
    canonical.push(channels, rate);
  };
}

/**
 * @param {Sound} sound
 * @param {number} endS
 * @param {import('./packet-decoder.js').Hear} hear
 * @param {(atS: number) => void} tell
 */
async function decodeTrack({track, config}, endS, hear, tell) {
  const decoder = new PacketDecoder(config, hear);
  try {
    for await (const packet of new EncodedPacketSink(track).packets()) {
      if (packet.timestamp >= endS) break;
      await decoder.decode(packet.toEncodedAudioChunk());
      tell(packet.timestamp);
    }
    await decoder.finish();
  } finally {
    decoder.close();
  }
}

/**
 * @param {Input} input
 * @returns {Promise<Sound>}
 */
async function soundOf(input) {
  try {
    const track = await input.getPrimaryAudioTrack();
    const config = await track?.getDecoderConfig();
    if (track && !config && await track.getInternalCodecId() === 'alac') throw new SongError('lossless');
    if (!track || !config) throw new SongError('unreadable');
    const isMp3 = await input.getFormat() === MP3;
    return {track, config, isMp3, seconds: await track.getDurationFromMetadata() ?? 0};
  } catch (error) {
    throw error instanceof SongError ? error : new SongError('unreadable');
  }
}

/**
 * @param {Canonical} canonical
 * @param {Float32Array[]} channels
 * @param {number} rate
 * @param {Report} report
 */
function pushAll(canonical, channels, rate, report) {
  for (let at = 0; at < channels[0].length; at += PIECE) {
    canonical.push(channels.map((channel) => channel.subarray(at, at + PIECE)), rate);
    report(at / channels[0].length);
  }
  return canonical.finish();
}

/**
 * The song is usable whatever its tags say.
 * @param {File} file
 * @param {Input} input
 */
async function tagsOf(file, input) {
  const tags = await input.getMetadataTags().catch(() => null);
  const {artists, cover} = await readTags(file).catch(() => ({artists: [], cover: null}));
  return {
    title: oneLine(tags?.title) || oneLine(file.name.replace(/\.[^.]*$/, '')),
    artist: oneLine(artists.length > 1 ? artists.join(', ') : tags?.artist),
    cover,
  };
}

/**
 * On one line of at most 200 characters, composed, without what nobody can see.
 * @param {string | undefined} text
 */
function oneLine(text = '') {
  const shown = text.normalize('NFC').replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/gu, ' ')
    .replace(/[\u00ad\u061c\u180e\u200b\u200e\u200f\ufeff\u202a-\u202e\u2060-\u206f]/g, '');
  return Array.from(shown.trim().replace(/\s+/g, ' ')).slice(0, 200).join('').trimEnd();
}
