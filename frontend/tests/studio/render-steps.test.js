import '../browser.js';
import {expect, test} from 'vitest';
import {textOf} from '../browser.js';
import {ApiError} from '../../lib/api.js';
import {KnownUploads} from '../../pages/studio/known-uploads.js';
import {stepOf} from '../../pages/studio/render-steps.js';

const MB = 1_000_000;
const song = {file: new File([new Uint8Array(5 * MB)], 'song.wav', {lastModified: 1}), durationS: 400};

/** @param {string} code @param {number} [value] */
const refusalOf = (code, value = 0) => ({code, message: 'No.', details: {value, limit: 1000 * MB, lifted_by: 'pro'}});

/**
 * @param {Record<string, any>} facts
 * @param {{problem?: ApiError | null, isUploaded?: boolean}} [more]
 */
function dialog(facts, {problem = null, isUploaded = false} = {}) {
  const uploads = new KnownUploads();
  if (isUploaded) uploads.add(song.file, 'a');
  const settings = {output: {width: 1280, height: 720, fps: 30, format: 'mp4'}, range: {start_s: 0, duration_s: null}};
  return /** @type {any} */ ({
    step: problem ? 'refused' : 'summary', purpose: 'render', problem, busy: false, profile: {plan: 'free'},
    facts: {allows_single: true, single_price_cents: 499, size_bytes: 100 * MB, plan: 'free', ...facts},
    studio: {missingPictures: [], song, settings, plans: [{name: 'free', title: 'Free', largest_frame: 720}, {name: 'pro', title: 'Pro', price_cents: 999, largest_frame: 1080}], planName: 'free', single: {largest_frame: 1080}, engine: {uploads}},
  });
}

/** @param {string} code */
const refused = (code) => new ApiError(402, {...refusalOf(code), message: 'No.'});

test('a song that is too long for the plan can be bought as a single render', () => {
  expect(textOf(stepOf(dialog({refusal: refusalOf('PLAN_LIMIT_DURATION')})))).toContain('Buy this render');
});

test('a full storage that takes no song leads to My videos, not to a payment', () => {
  const shown = textOf(stepOf(dialog({refusal: refusalOf('PLAN_LIMIT_STORAGE', 1099 * MB)})));
  expect(shown).not.toContain('Buy this render');
  expect(shown).toContain('My videos');
});

test('a storage that takes the song but not the video lets one render be bought', () => {
  expect(textOf(stepOf(dialog({refusal: refusalOf('PLAN_LIMIT_STORAGE', 1050 * MB)})))).toContain('Buy this render');
});

test('a song that is uploaded can be bought a render for, however full the storage is', () => {
  const flow = dialog({refusal: refusalOf('PLAN_LIMIT_STORAGE', 1099 * MB)}, {isUploaded: true});
  expect(textOf(stepOf(flow))).toContain('Buy this render');
});

test('a refused upload for want of storage leads to My videos', () => {
  const shown = textOf(stepOf(dialog({refusal: null}, {problem: refused('PLAN_LIMIT_STORAGE')})));
  expect(shown).not.toContain('Buy this render');
  expect(shown).toContain('My videos');
  expect(shown).toContain('Try again');
});

test('what no single render allows is not offered as one', () => {
  const flow = dialog({allows_single: false, refusal: null}, {problem: refused('PLAN_LIMIT_DURATION')});
  expect(textOf(stepOf(flow))).not.toContain('Buy this render');
});

test('a video with a watermark can be bought without it, by a payment or a render that was bought', () => {
  const offered = (/** @type {Record<string, any>} */ facts) => textOf(stepOf(dialog({refusal: null, right: 'plan', renders_left: 5, queue_wait_s: 0, ...facts})));
  expect(offered({watermark: true, credits: 0})).toContain('1080p, no watermark, $4.99');
  expect(offered({watermark: true, credits: 1})).toContain('Use your credit: 1080p, no watermark');
  expect(offered({watermark: false, credits: 0})).not.toContain('o watermark,');
  expect(offered({watermark: true, credits: 0, allows_single: false})).not.toContain('o watermark,');
});

test('a render that was bought pays for what the plan does not include', () => {
  const shown = textOf(stepOf(dialog({refusal: refusalOf('PLAN_LIMIT_SIZE'), right: 'credit', credits: 1, watermark: false, queue_wait_s: 0})));
  expect(shown).toContain('Uses the render that you bought.');
  expect(shown).not.toContain('Buy this render');
  expect(shown).not.toContain('Get Pro');
});

test('a video that is smaller than what is paid for can be larger', () => {
  const shown = (/** @type {Record<string, any>} */ facts, /** @type {Record<string, any>} */ studio = {}) => {
    const flow = dialog({refusal: null, right: 'plan', renders_left: 5, queue_wait_s: 0, signed_in: true, credits: 0, ...facts});
    Object.assign(flow.studio, studio);
    return textOf(stepOf(flow));
  };
  expect(shown({watermark: true})).toContain('A single payment of $4.99 makes it 1080p, without the watermark.');
  expect(shown({watermark: false}, {planName: 'pro'})).toContain('Make it 1080p');
  const settings = {output: {width: 1920, height: 1080, fps: 30, format: 'mp4'}, range: {start_s: 0, duration_s: null}};
  expect(shown({watermark: false}, {planName: 'pro', settings})).not.toContain('Make it');
  expect(shown({watermark: true, allows_single: false})).not.toContain('A single payment');
});

test('somebody without an account reads what a free one has', () => {
  const facts = {refusal: null, right: 'plan', renders_left: 5, renders_limit: 5, queue_wait_s: 0, watermark: true, credits: 0, signed_in: false};
  expect(textOf(stepOf(dialog(facts)))).toContain('A free account has 5 renders a month. With a small watermark.');
});

test('a visitor who wants no watermark gets that button as the main one', () => {
  const flow = dialog({refusal: null, watermark: true, credits: 0});
  expect(textOf(stepOf(flow))).toMatch(/no watermark.*Render/s);
  expect(textOf(stepOf({...flow, prefersNoWatermark: true}))).toMatch(/Render with watermark.*button main.*no watermark/s);
  // A plan without a watermark has nothing to choose.
  const shown = textOf(stepOf({...dialog({refusal: null, watermark: false}), prefersNoWatermark: true}));
  expect(shown).toContain('Render<');
  expect(shown).not.toContain('Render with watermark');
});

test('a file that was damaged in the storage is not sent again as it is', () => {
  const lost = (/** @type {boolean} */ isDamaged) => new ApiError(410, {code: 'UPLOAD_LOST', message: 'Upload it again.', details: {is_damaged: isDamaged}});
  expect(textOf(stepOf(dialog({refusal: null}, {problem: lost(false)})))).toContain('Try again');
  expect(textOf(stepOf(dialog({refusal: null}, {problem: lost(true)})))).not.toContain('Try again');
});

test('Save waits for a service that is away, and offers no render', () => {
  const away = new ApiError(0, {code: 'UNREACHABLE', message: 'We cannot be reached.', details: {}});
  const flow = {...dialog({refusal: null}), purpose: 'save', problem: away};
  expect(textOf(stepOf(/** @type {any} */ (flow)))).toMatch(/Not saved yet.*We cannot be reached\./s);
  expect(textOf(stepOf(/** @type {any} */ (flow)))).not.toContain('Render');
});
