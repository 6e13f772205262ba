// What all pages share, written once in ui/shell/ and put into each page's HTML by the build.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const PART = /<!-- shell: (\w+) -->/g;

/**
 * Replace `<!-- shell: NAME -->` in a page by ui/shell/NAME.html.
 * @param {string} frontend
 * @returns {import('vite').Plugin}
 */
export function shell(frontend) {
  return {
    name: 'shell',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) =>
        html.replace(PART, (_, name) => readFileSync(join(frontend, 'ui', 'shell', `${name}.html`), 'utf8').trimEnd()),
    },
  };
}
