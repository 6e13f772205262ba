import {describe, expect, test} from 'vitest';
import {readSettingsFile} from '../../pages/dashboard/settings-file.js';

/**
 * @param {unknown} content
 * @param {string} [name]
 */
function file(content, name = 'Night Drive settings.json') {
  return new File([typeof content === 'string' ? content : JSON.stringify(content)], name);
}

describe('a settings file', () => {
  test('holds the settings of one project, which is called as the file is', async () => {
    const settings = {version: 1, look: 'halo'};
    expect(await readSettingsFile(file(settings))).toEqual([{name: 'Night Drive', settings}]);
    expect(await readSettingsFile(file(settings, 'Dusk SETTINGS (2).JSON'))).toMatchObject([{name: 'Dusk'}]);
    expect(await readSettingsFile(file(`\uFEFF${JSON.stringify(settings)}`))).toMatchObject([{settings}]);
  });

  test('holds the settings of several projects with their names', async () => {
    const content = [{name: 'One', settings: {look: 'halo'}}, {name: 'Two', settings: {}}];
    expect(await readSettingsFile(file(content, '2 projects settings.json'))).toEqual(content);
  });

  test.each([
    ['no JSON', 'This is not a settings file.'],
    ['"text"', 'This file is not a JSON object with settings.'],
    [[], 'This file holds no settings.'],
    [[{name: 'One', settings: {}}, {name: 'Two'}], '“settings” of entry 2 is not a JSON object with settings.'],
    [[3], 'Entry 1 is not a JSON object with settings.'],
    [Array.from({length: 201}, () => ({settings: {}})), 'This file holds the settings of 201 projects: 200 at most.'],
    ['x'.repeat(1_000_001), 'This file is too large for settings: 1 MB at most.'],
  ])('is refused in a sentence: %.20s', async (content, sentence) => {
    await expect(readSettingsFile(file(content))).rejects.toThrow(sentence);
  });
});
