import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {serve} from '../studio/fake-studio.js';

vi.mock('../../ui/dialog.js', () => ({ask: vi.fn(), askName: vi.fn(async () => 'Day Drive')}));
vi.mock('../../ui/share-dialog.js', () => ({openShareDialog: vi.fn()}));
vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
vi.mock('../../lib/files.js', () => ({chooseFiles: vi.fn(async () => [new File(['{"look": "halo"}'], 'a.json')]), download: vi.fn()}));
const {rename} = await import('../../pages/dashboard/project-actions.js');
const {replaceSettings} = await import('../../pages/dashboard/settings-import.js');

const CONFLICT = {error: {code: 'CONFLICT', message: 'Newer.', details: {version: 5}}};
/** @type {any} */
const OLD = {id: 'p1', name: 'Night Drive', version: 2};

/** @type {any} */
let page;

beforeEach(() => {
  /** @type {any[]} */
  let items = [OLD];
  page = {
    busy: false, refusals: [], attempt: (/** @type {() => Promise<void>} */ act) => act(),
    listed: {get items() { return items; }, change: (/** @type {(all: any[]) => any[]} */ edit) => (items = edit(items))},
  };
});

/** A service whose project has version 5. */
const changedElsewhere = () => serve(({method, body}) => {
  if (method === 'GET') return [200, {...OLD, version: 5}];
  return body.version === 5 ? [200, {...OLD, ...body, version: 6, lacks_pictures: false}] : [409, CONFLICT];
});

test('a project that was changed elsewhere is renamed all the same', async () => {
  changedElsewhere();
  await rename(page, OLD);
  expect(page.listed.items[0]).toMatchObject({name: 'Day Drive', version: 6});
});

test('settings are not replaced unseen, and the next try succeeds', async () => {
  changedElsewhere();
  await replaceSettings(page, OLD);
  expect(page.refusals[0].sentence).toContain('was changed elsewhere in the meantime');
  expect(page.listed.items[0].version).toBe(5);
  await replaceSettings(page, page.listed.items[0]);
  expect(page.refusals).toEqual([]);
  expect(page.listed.items[0].version).toBe(6);
});
