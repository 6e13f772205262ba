import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {textOf} from '../browser.js';
import {stepOf} from '../../pages/studio/render-steps.js';
import {fakeStudio, serve} from './fake-studio.js';

vi.mock('../../lib/upload.js', () => ({upload: vi.fn(async () => 'u1')}));
vi.mock('../../pages/studio/service.js', () => ({
  checkoutFor: vi.fn(async () => 'https://pay.test/'), checkoutForPlan: vi.fn(async () => 'https://pay.test/'), submit: vi.fn(async () => ({id: 'j1'})), cancelRender: vi.fn(async () => ({})),
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
  const flow = dialog();
  await flow.payOnce();
  // Whoever comes back is known to have the song on the server.
  expect(flow.studio.keepNow).toHaveBeenCalledOnce();
  expect(location.assign).toHaveBeenCalledExactlyOnceWith('https://pay.test/');
});

test('a render that is ordered while the visitor cancels is cancelled', async () => {
  const job = pending();
  vi.mocked(service.submit).mockReturnValueOnce(/** @type {any} */ (job.promise));
  const flow = dialog();
  const {key} = flow;
  const made = flow.make();
  await vi.waitFor(() => expect(flow.note).toBe('Ordering the render'));
  flow.stopUpload();
  job.answer({id: 'j1'});
  await made;
  expect(service.cancelRender).toHaveBeenCalledExactlyOnceWith('j1');
  expect(location.assign).not.toHaveBeenCalled();
  expect(flow.key).not.toBe(key);
});

test('a visitor who cancels while the service is away does not wait for it', async () => {
  const {ApiError} = await import('../../lib/api.js');
  vi.mocked(service.submit).mockRejectedValueOnce(new ApiError(503, {code: 'AWAY', message: 'Later.', details: {}}, 600));
  const flow = dialog();
  const made = flow.make();
  await vi.waitFor(() => expect(flow.problem).not.toBeNull());
  flow.stopUpload();
  await made;
  expect(flow.beginAgain).toHaveBeenCalled();
});

test('a project that is saved while the visitor cancels is deleted', async () => {
  const flow = dialog('save');
  const calls = serve(({path}) => {
    flow.stopUpload();
    return [200, path === '/api/projects' ? {id: 'p1', version: 1, role: 'owner'} : {ids: ['p1']}];
  });
  await flow.keepProject();
  expect(calls.map(({path, body}) => [path, body.ids])).toEqual([['/api/projects', undefined], ['/api/projects/delete', ['p1']]]);
  expect(flow.studio.project.id).toBe('');
  expect(flow.dialog.close).toHaveBeenCalled();
});
