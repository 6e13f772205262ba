// What all pages share, written once in ui/shell/ and put into each page's HTML by the build.
import {readFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';

// The panel's own policy lets nothing run without the nonce of the answer, which its template knows.
const WITH_NONCE = 'panel';
const LOADS = /<(?=(?:script|link rel="(?:modulepreload|stylesheet)")\s)(\w+)/g;
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

/**
 * Give what the panel's page loads the nonce of the answer.
 * @returns {import('vite').Plugin}
 */
export function nonce() {
  return {
    name: 'nonce',
    transformIndexHtml: {
      order: 'post',
      handler: (html, {filename}) =>
        basename(dirname(filename)) === WITH_NONCE ? html.replace(LOADS, '<$1 nonce="{{ panel_nonce }}"') : html,
    },
  };
}
