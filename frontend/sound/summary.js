// From what has been measured row by row to the feature track: everything that takes the whole song to decide.
import {finishBands} from './bands.js';
import {trackBeats} from './beats.js';
import {finishBalance, finishEnergy} from './energies.js';
import {SAMPLE_RATE} from './grid.js';
import {findDrop, findIntensity} from './intensity.js';
import {integratedLoudness, momentaryAmplitude} from './loudness.js';
import {findOnsets} from './onsets.js';
import {findPeak} from './peak.js';
import {findSections} from './sections.js';
import {finishWave} from './wave.js';

/** @typedef {import('./track-codec.js').FeatureTrackData} FeatureTrackData */
/** @typedef {import('./onsets.js').FoundOnset} FoundOnset */
/** @typedef {import('./beats.js').BeatTrack} BeatTrack */

/**
 * Use up what an analyser has measured.
 * @param {import('./analyse.js').Analyser} heard
 * @returns {FeatureTrackData}
 */
export function summarise(heard) {
  const {samples, rows, weighting} = heard;
  const {onsets, pulseCurve} = findOnsets(
    heard.flux.codes.take(), heard.attacks.codes.take(), heard.bodies.codes.take(), samples);
  const curves = curvesOf(heard);
  const beatTrack = trackBeats(pulseCurve, accentsOf(onsets), samples / SAMPLE_RATE, curves.bands);
  const sections = findSections({...curves, onsets, beats: beatTrack.beats, samples});
  const intensity = findIntensity(curves.loudness, sections);
  return {
    samples,
    sampleRate: SAMPLE_RATE,
    rows,
    weighting,
    truePeakDb: heard.truePeak.decibels(),
    drop: findDrop(sections),
    peak: findPeak(onsets, intensity, curves.loudness),
    sections,
    intensity,
    ...curves,
    ...storedOnsets(onsets),
    ...storedBeats(beatTrack),
  };
}

/** @param {import('./analyse.js').Analyser} heard */
function curvesOf({rows, weighting, loudness, energies, bands, wave}) {
  const left = loudness.left.take().subarray(0, rows);
  const right = loudness.right.take().subarray(0, rows);
  const [bass, mid, treble] = energies.amplitudes.map((column) => finishEnergy(column.take()));
  return {
    integratedLufs: integratedLoudness(left, right),
    bands: finishBands(bands.codes.take(), weighting),
    bass,
    mid,
    treble,
    loudness: finishEnergy(momentaryAmplitude(left, right), 0),
    balance: finishBalance(left, right),
    wave: finishWave(wave.samples.take()),
  };
}

/**
 * What the beats are laid on: the deeper an onset, the more it weighs.
 * @param {FoundOnset[]} onsets
 */
function accentsOf(onsets) {
  return onsets.map(({sample, low, mid, high}) => ({timeS: sample / SAMPLE_RATE, weight: 2 * low + mid + 0.3 * high}));
}

/** @param {FoundOnset[]} onsets */
function storedOnsets(onsets) {
  return {
    onsetSamples: Uint32Array.from(onsets, ({sample}) => sample),
    onsetKinds: Uint8Array.from(onsets, ({kinds}) => kinds),
    onsetStrength: Uint16Array.from(onsets, ({strength}) => quantised(strength)),
    onsetLow: Uint16Array.from(onsets, ({low}) => quantised(low)),
    onsetMid: Uint16Array.from(onsets, ({mid}) => quantised(mid)),
    onsetHigh: Uint16Array.from(onsets, ({high}) => quantised(high)),
  };
}

/** @param {BeatTrack} track */
function storedBeats({tempoBpm, beatStrength, beats, strengths}) {
  return {
    tempoBpm,
    beatStrength: Math.round(beatStrength * 10_000) / 10_000,
    beatSamples: Uint32Array.from(beats, (second) => Math.round(second * SAMPLE_RATE)),
    beatStrengths: Uint16Array.from(strengths, quantised),
  };
}

/** @param {number} value 0..1 */
function quantised(value) {
  return Math.round(Math.min(1, Math.max(0, value)) * 65535);
}
