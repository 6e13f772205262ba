import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {textOf} from '../browser.js';
import {stepOf} from '../../pages/studio/render-steps.js';
import {fakeStudio} from './fake-studio.js';

vi.mock('../../lib/upload.js', () => ({upload: vi.fn(async () => 'u1')}));
vi.mock('../../pages/studio/service.js', () => ({
  checkoutFor: vi.fn(async () => 'https://pay.test/'), checkoutForPlan: vi.fn(async () => 'https://pay.test/'), submit: vi.fn(async () => ({id: 'j1'})),
  profile: vi.fn(), estimate: vi.fn(), sendConfirmation: vi.fn(),
}));
const {upload} = await import('../../lib/upload.js');
const service = await import('../../pages/studio/service.js');
const {RenderDialog} = await import('../../pages/studio/render-dialog.js');

const song = {file: new File(['la'], 'song.wav', {lastModified: 1}), durationS: 10};

/** @param {'render' | 'save'} [purpose] */
function dialog(purpose = 'render') {
  const made = new RenderDialog();
  Object.assign(made, {studio: fakeStudio({song}), purpose, busy: false, querySelector: () => null, beginAgain: vi.fn()});
  Object.defineProperty(made, 'dialog', {value: {close: vi.fn()}});
  return made;
}

/** A call that is answered by hand. */
function pending() {
  /** @type {(value: any) => void} */
  let answer = () => {};
  const promise = new Promise((done) => (answer = done));
  return {promise, answer: (/** @type {any} */ value) => answer(value)};
}

beforeEach(() => void vi.clearAllMocks());

test('the upload before a payment is shown, and can be cancelled', async () => {
  const sent = pending();
  vi.mocked(upload).mockReturnValueOnce(/** @type {any} */ (sent.promise));
  const flow = dialog();
  const paid = flow.payOnce();
  await vi.waitFor(() => expect(flow.note).toBe('Uploading your song'));
  const shown = textOf(stepOf(flow));
  expect(shown).toContain('Cancel');
  expect(shown).not.toContain('One moment');
  flow.stopUpload();
  sent.answer('u1');
  await paid;
  expect(location.assign).not.toHaveBeenCalled();
});

test('whoever cancels while the payment page is opened stays here', async () => {
  const page = pending();
  vi.mocked(service.checkoutFor).mockReturnValueOnce(/** @type {any} */ (page.promise));
  const flow = dialog();
  const paid = flow.payOnce();
  await vi.waitFor(() => expect(service.checkoutFor).toHaveBeenCalled());
  flow.stopUpload();
  page.answer('https://pay.test/');
  await paid;
  expect(location.assign).not.toHaveBeenCalled();
  expect(flow.beginAgain).toHaveBeenCalled();
});

test('otherwise the payment page follows', async () => {
  await dialog().payOnce();
  expect(location.assign).toHaveBeenCalledExactlyOnceWith('https://pay.test/');
});
