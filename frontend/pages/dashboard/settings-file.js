// The content of a settings file: the settings of one project, or of several with their names.

/** @typedef {{name: string, settings: Record<string, unknown>}} NamedDocument */

const LARGEST_BYTES = 1_000_000;
/** The service takes no more at once. */
const MOST_PROJECTS = 200;
const LONGEST_NAME = 120;

/** A file that cannot be used; the message is a sentence for the visitor. */
export class SettingsFileError extends Error {
  name = 'SettingsFileError';
}

/**
 * Return what a file holds, as the studio, the dashboard and `oriel render --settings` have it.
 * @param {File} file
 * @returns {Promise<NamedDocument[]>}
 * @throws {SettingsFileError}
 */
export async function readSettingsFile(file) {
  if (file.size > LARGEST_BYTES) throw new SettingsFileError('This file is too large for settings: 1 MB at most.');
  const content = parsed(await file.text());
  if (!Array.isArray(content)) return [{name: nameOf(file), settings: object(content, 'This file')}];
  if (!content.length) throw new SettingsFileError('This file holds no settings.');
  if (content.length > MOST_PROJECTS) throw new SettingsFileError(`This file holds the settings of ${content.length} projects: ${MOST_PROJECTS} at most.`);
  return content.map((entry, at) => {
    const {name, settings} = object(entry, `Entry ${at + 1}`);
    return {name: typeof name === 'string' ? name.slice(0, LONGEST_NAME) : nameOf(file), settings: object(settings, `“settings” of entry ${at + 1}`)};
  });
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new SettingsFileError('This is not a settings file. Choose a JSON file that you downloaded as settings.');
  }
}

/**
 * @param {unknown} value
 * @param {string} subject of the sentence, if it is none
 * @returns {Record<string, unknown>}
 */
function object(value, subject) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SettingsFileError(`${subject} is not a JSON object with settings.`);
  return /** @type {Record<string, unknown>} */ (value);
}

/** "Night Drive settings (1).json" → "Night Drive" @param {File} file */
function nameOf({name}) {
  const stem = name.replace(/\.json$/i, '').replace(/ ?\(\d+\)$/, '').replace(/ settings$/i, '');
  return stem.slice(0, LONGEST_NAME);
}
