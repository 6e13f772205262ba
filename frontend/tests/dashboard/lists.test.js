import {describe, expect, test} from 'vitest';
import {ApiError} from '../../lib/api-error.js';
import {searchOf, viewOf} from '../../pages/dashboard/address.js';
import {Choice, inBatches} from '../../pages/dashboard/choice.js';
import {Pages} from '../../lib/pages.js';

describe('the address of the dashboard', () => {
  test('holds what is chosen, and nothing else', () => {
    const view = viewOf('?tab=renders&search=night+drive&sort=name');
    expect(view).toMatchObject({tab: 'renders', search: 'night drive', sort: 'name', look: '', view: 'cards'});
    expect(viewOf(searchOf(view))).toEqual(view);
    expect(searchOf(viewOf(''))).toBe('');
  });

  test('holds what renders are filtered and sorted by', () => {
    const project = '0123456789abcdefghijklmnop';
    const view = viewOf(`?tab=renders&state=available&look=halo&project=${project}&order=expires`);
    expect(view).toMatchObject({state: 'available', look: 'halo', project, order: 'expires', sort: 'changed'});
    expect(viewOf(searchOf(view))).toEqual(view);
  });

  test('ignores what does not exist', () => {
    expect(viewOf('?tab=secrets&sort=%00&view=<b>&state=lost&project=1&order=size&other=1')).toEqual(viewOf(''));
  });
});

describe('a choice of many', () => {
  test('is one by one, or a range', () => {
    const choice = new Choice();
    const all = ['a', 'b', 'c', 'd', 'e'];
    choice.toggle('b', all);
    choice.toggle('d', all, {range: true});
    expect([...choice.ids]).toEqual(['b', 'c', 'd']);
    choice.toggle('c', all);
    expect([...choice.ids]).toEqual(['b', 'd']);
    choice.clear();
    choice.toggle('e', all, {range: true});
    expect([...choice.ids]).toEqual(['e']);
  });
});

describe('a list in pages', () => {
  const item = (/** @type {number} */ number) => ({id: `${number}`});

  test('goes on where it was, and shows nothing twice', async () => {
    const answers = [[item(1), item(2)], [item(2), item(3)]];
    const pages = new Pages(async (page) => ({items: answers[page - 1] ?? [], total: 3}));
    await pages.more();
    expect([pages.state, pages.hasMore]).toEqual(['ready', true]);
    await pages.more();
    expect(pages.items.map(({id}) => id)).toEqual(['1', '2', '3']);
    expect(pages.hasMore).toBe(false);
  });

  test('forgets the answer to a question that was followed by another', async () => {
    /** @type {((answer: any) => void)[]} */
    const waiting = [];
    const pages = new Pages(() => new Promise((done) => waiting.push(done)));
    const [first, second] = [pages.reload(), pages.reload()];
    waiting[1]?.({items: [item(2)], total: 1});
    waiting[0]?.({items: [item(1)], total: 1});
    await Promise.all([first, second]);
    expect(pages.items).toEqual([item(2)]);
  });

  test('says why it is empty, and keeps what it has when the next page fails', async () => {
    let isAway = true;
    const away = new ApiError(0, {code: 'UNREACHABLE', message: 'We cannot reach the service.', details: {}});
    const pages = new Pages(async () => {
      if (isAway) throw away;
      return {items: [item(1)], total: 2};
    });
    await pages.more();
    expect([pages.state, pages.trouble]).toEqual(['failed', away]);
    isAway = false;
    await pages.reload();
    isAway = true;
    await pages.more();
    expect([pages.state, pages.items.length, pages.trouble]).toEqual(['ready', 1, away]);
  });
});

describe('many at once', () => {
  test('are asked for in requests that the service takes, in their order', async () => {
    const ids = Array.from({length: 401}, (_, at) => String(at));
    /** @type {number[]} */
    const sizes = [];
    expect(await inBatches(ids, async (some) => (sizes.push(some.length), some))).toEqual(ids);
    expect(sizes).toEqual([200, 200, 1]);
  });
});
