// How far the renders of the list are: asked for while one of them is under way.
import {api, said} from '../../lib/api.js';
import {hasEnded} from '../../lib/watch.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').RenderStatus} RenderStatus
 */

const MOST_PER_PAGE = 100;

/** @param {Dashboard} page */
export async function followRenders(page) {
  const {renders} = page;
  const waiting = renders.items.filter((each) => !hasEnded(each));
  if (document.hidden || !waiting.length) return;
  // The oldest first: those end first.
  const answer = await page.askForRenders({page: 1, per_page: MOST_PER_PAGE, state: 'under_way', sort: 'oldest'}).catch(() => null);
  if (!answer) return;
  const ended = await statusOf(endedAmong(waiting, answer));
  const news = new Map([...answer.items, ...ended].map((each) => [each.id, each]));
  renders.change((before) => [
    ...begunMeanwhile(page, before, answer.items),
    ...before.map((each) => news.get(each.id) ?? each),
  ]);
  if (ended.length) void page.learn();
}

/**
 * Return the ids that are missing among those under way. Of more than the answer holds, the younger ones still wait.
 * @param {RenderStatus[]} waiting
 * @param {{items: RenderStatus[], total: number}} answer
 */
function endedAmong(waiting, {items, total}) {
  const known = new Set(items.map(({id}) => id));
  const last = total > items.length ? items.at(-1)?.created_at ?? '' : '9999';
  return waiting.filter(({id, created_at: made}) => !known.has(id) && made <= last).map(({id}) => id);
}

/** @param {string[]} ids @returns {Promise<RenderStatus[]>} */
async function statusOf(ids) {
  const answers = ids.map((id) => said(api.GET('/api/render/status/{job_id}', {params: {path: {job_id: id}}})).catch(() => null));
  return (await Promise.all(answers)).filter((each) => each !== null);
}

/**
 * Return those that another tab has ordered, where the list begins with the newest.
 * @param {Dashboard} page
 * @param {RenderStatus[]} before
 * @param {RenderStatus[]} underWay the oldest first
 */
function begunMeanwhile({view}, before, underWay) {
  if (view.order !== 'newest' || !['', 'under_way'].includes(view.state)) return [];
  const newest = before[0]?.created_at ?? '';
  return underWay.filter(({id, created_at: made}) => made > newest && !before.some((each) => each.id === id)).reverse();
}
