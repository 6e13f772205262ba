import {describe, expect, it} from 'vitest';
import {partsOfMp3} from '../../preview/mp3-parts.js';
import {trimIn, trimOfMp3} from '../../preview/mp3-trim.js';
import {editOfMp4} from '../../preview/mp4-trim.js';
import {toStereo} from '../../preview/stereo.js';
import {isWav, readWav, wavPieces} from '../../preview/wav-file.js';
import {wavHeader} from '../../preview/canonical.js';

const text = (/** @type {string} */ word) => Array.from(word, (letter) => letter.charCodeAt(0));
const u16 = (/** @type {number} */ value) => [value & 255, value >> 8];
const u32 = (/** @type {number} */ value) => [0, 8, 16, 24].map((shift) => value >>> shift & 255);
const big = (/** @type {number} */ value) => u32(value).reverse();

/**
 * @param {number} tag
 * @param {number} bits
 * @param {number[]} data
 * @param {{channels?: number, size?: number, magic?: string, behind?: number[], rate?: number}} [options]
 */
function wav(tag, bits, data, {channels = 1, size = data.length, magic = 'RIFF', behind = [], rate = 8000} = {}) {
  const block = channels * bits / 8;
  const form = [...u16(tag), ...u16(channels), ...u32(rate), ...u32(rate * block), ...u16(block), ...u16(bits)];
  return new Blob([new Uint8Array([
    ...text(magic), ...u32(0), ...text('WAVE'), ...text('LIST'), ...u32(3), 1, 2, 3, 0,
    ...text('fmt '), ...u32(16), ...form, ...text('data'), ...u32(size), ...data, ...behind,
  ])]);
}

/** @param {Blob} file */
async function samplesOf(file) {
  const sound = await readWav(file);
  if (!sound) return null;
  const channels = Array.from({length: sound.channels}, () => /** @type {number[]} */ ([]));
  for await (const piece of wavPieces(file, sound)) piece.forEach((channel, c) => channels[c].push(...channel));
  return channels;
}

describe('a WAV', () => {
  it.each([
    ['8 bits', 1, 8, [0, 128, 255], [-1, 0, 127 / 128]],
    ['16 bits', 1, 16, [0, 128, 0, 0, 255, 127], [-1, 0, 32767 / 32768]],
    ['24 bits', 1, 24, [0, 0, 128, 0, 0, 64, 255, 255, 255], [-1, .5, -1 / 8388608]],
    ['32 bits', 1, 32, [0, 0, 0, 128, 0, 0, 0, 64], [-1, .5]],
    ['floats', 3, 32, [0, 0, 0, 191, 0, 0, 128, 62], [-.5, .25]],
    ['A-law', 6, 8, [0x55, 0xD5, 0x2A, 0xAA], [-8 / 32768, 8 / 32768, -32256 / 32768, 32256 / 32768]],
    ['mu-law', 7, 8, [0, 0x80, 0xFF, 0x7F], [-32124 / 32768, 32124 / 32768, 0, 0]],
  ])('of %s is read', async (_, tag, bits, data, wanted) => {
    const [channel] = /** @type {number[][]} */ (await samplesOf(wav(tag, bits, data)));
    channel.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 7));
    expect(channel).toHaveLength(wanted.length);
  });

  it('has its channels apart', async () => {
    expect(await samplesOf(wav(1, 16, [0, 64, 0, 192, 0, 32, 0, 224], {channels: 2}))).toEqual([[.5, .25], [-.5, -.25]]);
  });

  it.each([
    ['cut off', {size: 100}, 2],
    ['written into a pipe', {size: 0x7FFFFFFF}, 2],
    ['with a chunk behind', {behind: [...text('LIST'), ...u32(0)]}, 2],
    ['with a size that nobody updated', {size: 0, behind: Array.from({length: 2000}, () => 3)}, 1002],
  ])('%s is read as far as it goes', async (_, options, samples) => {
    expect((await samplesOf(wav(1, 16, [0, 64, 0, 64], options)))?.[0]).toHaveLength(samples);
  });

  it('is known by its first bytes', async () => {
    expect(await isWav(wav(1, 16, []))).toBe(true);
    expect(await isWav(wav(1, 16, [], {magic: 'RF64'}))).toBe(true);
    expect(await isWav(new Blob(['RIFF1234AVI ']))).toBe(false);
  });

  it.each([['ADPCM', 2, 8], ['no channels', 1, 0]])('of %s is none that we read', async (_, tag, bits) => {
    expect(await samplesOf(wav(tag, bits, [1, 2, 3, 4]))).toBeNull();
  });

  it('of ours can be read', async () => {
    const sound = await readWav(new Blob([wavHeader(2), new Int16Array([1, 2, 3, 4])]));
    expect(sound).toMatchObject({rate: 48_000, channels: 2, block: 4, bytes: 8, start: 44});
  });
});

describe('stereo', () => {
  const channels = (/** @type {number[]} */ ...values) => values.map((value) => new Float32Array([value]));
  it.each([
    [[.5], [.5, .5]],
    [[.1, .2], [.1, .2]],
    [[0, 0, 1, 0, 0, 0], [.2929, .2929]],
    [[1, 0, 0, 0, 0, 0], [.4142, 0]],
    [[0, 0, 0, 1, 0, 0], [0, 0]],
    [[1, 0, 1, 0, 1, 0, 1, 0, 1, 0], [1, 0]],
  ])('of %j', (given, wanted) => {
    toStereo(channels(...given)).forEach((side, i) => expect(side[0]).toBeCloseTo(wanted[i], 3));
  });
});

/**
 * @param {string} encoder
 * @param {{flags?: number, at?: number, version?: number}} [options]
 */
function firstFrame(encoder, {flags = 15, at = 36, version = 0xFB} = {}) {
  const bytes = new Uint8Array(4096);
  const fields = [flags & 1 ? big(100) : [], flags & 2 ? big(0) : [], flags & 4 ? Array(100).fill(0) : [], flags & 8 ? big(0) : []];
  bytes.set([0xFF, version, 0x90, 0]);
  // 576 samples of delay and 800 of padding stand 21 bytes behind where the encoder's name begins.
  bytes.set([...text('Xing'), ...big(flags), ...fields.flat(), ...text(encoder), ...Array(12).fill(0), 576 >> 4, (576 & 15) << 4 | 800 >> 8, 800 & 255], at);
  return bytes;
}

describe('an MP3', () => {
  it('is cut where its encoder says', () => {
    const wanted = {skip: 576 + 529, count: 100 * 1152 - 800 + 529 - 576 - 529};
    expect(trimIn(firstFrame('LAME3.100'))).toEqual(wanted);
    expect(trimIn(firstFrame('Lavc59.37', {at: 21}))).toEqual(wanted);
  });

  it('of MPEG 2 has half as many samples in a frame', () => {
    expect(trimIn(firstFrame('LAME3.100', {version: 0xF3, at: 21}))?.count).toBe(100 * 576 - 800 - 576);
  });

  it('is not cut by a header that says nothing of it', () => {
    expect(trimIn(firstFrame('Other 1.0'))).toBeNull();
    expect(trimIn(new Uint8Array(4096))).toBeNull();
    expect(trimIn(firstFrame('LAME3.100', {flags: 0}))).toEqual({skip: 1105, count: Infinity});
  });

  it('may have tags in front', async () => {
    const tag = new Uint8Array([...text('ID3'), 4, 0, 0, 0, 0, 1, 2, ...new Uint8Array(130)]);
    expect((await trimOfMp3(new Blob([tag, firstFrame('LAME3.100')]))).skip).toBe(1105);
    expect(await trimOfMp3(new Blob([tag]))).toEqual({skip: 0, count: Infinity});
  });
});

/**
 * @param {string} kind
 * @param {...number[]} content
 * @returns {number[]}
 */
const box = (kind, ...content) => [...big(8 + content.flat().length), ...text(kind), ...content.flat()];
const header = (/** @type {number} */ timescale) => [...big(0), ...big(0), ...big(0), ...big(timescale), ...big(0)];
const soundTrack = (/** @type {number[]} */ edts) => box('trak', edts, box('mdia', box('mdhd', header(44_100)), box('hdlr', big(0), big(0), text('soun'))));
const editList = (/** @type {number[][]} */ ...edits) => box('edts', box('elst', big(0), big(edits.length), ...edits.map(([length, time]) => [...big(length), ...big(time), ...big(0x10000)])));
const itunes = (/** @type {string} */ said) => box('udta', box('meta', big(0), box('ilst', box('----',
  box('mean', big(0), text('com.apple.iTunes')), box('name', big(0), text('iTunSMPB')), box('data', big(1), big(0), text(said))))));
const mp4 = (/** @type {number[][]} */ ...inMoov) =>
  new Blob([new Uint8Array([...box('ftyp', text('M4A ')), ...box('mdat', [1, 2, 3]), ...box('moov', box('mvhd', header(1000)), ...inMoov)])]);

describe('an M4A', () => {
  it('is cut by its edit list', async () => {
    expect(await editOfMp4(mp4(soundTrack(editList([3300, 1024]))))).toEqual({start: 1024 / 44_100, end: 1024 / 44_100 + 3.3});
  });

  it('has an edit list in which an empty edit may come first', async () => {
    expect(await editOfMp4(mp4(soundTrack(editList([500, -1], [0, 2112]))))).toEqual({start: 2112 / 44_100, end: Infinity});
  });

  it('without an edit list is cut by what iTunes says', async () => {
    expect((await editOfMp4(mp4(soundTrack([]), itunes(' 00000000 00000840 000001CA 00000000003F31F6')))).start).toBe(2112 / 44_100);
    expect((await editOfMp4(mp4(soundTrack(editList([0, 1024])), itunes(' 00000000 00000840 0 0')))).start).toBe(1024 / 44_100);
  });

  it('that says nothing is played as it is', async () => {
    const whole = {start: 0, end: Infinity};
    expect(await editOfMp4(mp4(soundTrack([])))).toEqual(whole);
    expect(await editOfMp4(mp4())).toEqual(whole);
    expect(await editOfMp4(new Blob(['no boxes at all']))).toEqual(whole);
    expect(await editOfMp4(new Blob([new Uint8Array([...box('moov', [0, 0, 0, 4, 1, 2, 3, 4])])]))).toEqual(whole);
  });
});

/** Frames of MPEG 1 at 128 kbit/s and 44,100 Hz. @param {number} count @param {number} mode */
const frames = (count, mode) => Array.from({length: count}, () => [0xFF, 0xFB, 0x90, mode, ...Array(413).fill(0)]).flat();
const [JOINT, MONO] = [0x40, 0xC0];
const partsOf = (/** @type {number[]} */ ...bytes) => partsOfMp3(new Blob([new Uint8Array(bytes)]));

describe('the parts of an MP3', () => {
  it('are one where nothing changes, as long as its frames', async () => {
    const [part, ...others] = await partsOf(...text('ID3'), 4, 0, 0, 0, 0, 0, 2, 7, 7, ...frames(10, JOINT));
    expect(others).toEqual([]);
    expect(part.seconds).toBeCloseTo(10 * 1152 / 44_100, 6);
    expect(part.file.size).toBe(12 + 10 * 417);
  });

  it('begin where the number of channels changes', async () => {
    const parts = await partsOf(...frames(5, MONO), ...frames(6, JOINT), ...frames(4, MONO));
    expect(parts.map(({file}) => file.size / 417)).toEqual([5, 6, 4]);
  });

  it('go on behind junk, and behind a single frame that says something else', async () => {
    const parts = await partsOf(...frames(5, MONO), ...Array(100).fill(255), ...frames(1, JOINT), ...frames(5, MONO));
    expect(parts).toHaveLength(1);
    expect(parts[0].seconds).toBeCloseTo(10 * 1152 / 44_100, 6);
  });

  it('are none where there is no frame', async () => {
    expect(await partsOf(...Array(5000).fill(255))).toEqual([]);
    expect(await partsOf()).toEqual([]);
  });
});
