import '../browser.js';
import {expect, test} from 'vitest';
import {textOf} from '../browser.js';
import {VersionHistory} from '../../pages/studio/version-history.js';

/** @type {any} */
const VERSION = {id: 'v1', name: 'Night Drive', look: 'halo', by: 'Ada', by_avatar_url: null, changed_at: '2026-11-29T12:00:00Z', restored: false, thumbnail_url: null};

/** The row of a chosen version. @param {{isSaved: boolean, words: string}} project */
function row(project) {
  const history = new VersionHistory();
  Object.assign(history, {studio: {project}, chosen: 'v1'});
  return textOf(history.row(VERSION, 1));
}

test('the panel says what one version is', () => {
  expect(textOf(new VersionHistory().render())).toContain('What you change within ten minutes is one version. Songs are not part of it.');
});

test('a version can be brought back once everything is saved', () => {
  expect(row({isSaved: true, words: 'Saved in My videos'})).toContain('Bring this version back');
});

test('what was refused is not said to be on its way', () => {
  expect(row({isSaved: false, words: 'Saved in this browser only'})).toContain('Saved in this browser only');
});
