// For the comparison with Python: reads {looks, documents} from standard input and writes an answer for each document.
import {text} from 'node:stream/consumers';
import {SettingsError, resolveSettings} from '../../preview/settings.js';

const {looks, documents} = JSON.parse(await text(process.stdin));

/** @param {any} document */
function answer(document) {
  try {
    return {settings: resolveSettings(document, looks)};
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return {code: error.code, message: error.message, setting: error.setting};
  }
}

process.stdout.write(JSON.stringify(documents.map(answer)));
