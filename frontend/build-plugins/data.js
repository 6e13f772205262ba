// Files that the build writes beside the pages: what Python reads, and the page that shows the API.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Emit looks.json, the declarations of every look in one file: what the command line and the service read. Looks and
 * presets that have pictures (`thumbnails/<preset>.webp` and `.webm`, the look's own are called `default`) name them.
 * @param {string} frontend this folder's parent
 * @returns {import('vite').Plugin}
 */
export function lookDeclarations(frontend) {
  return {
    name: 'look-declarations',
    generateBundle() {
      const folder = join(frontend, 'looks');
      /** @param {string} look @param {string} name */
      const pictures = (look, name) => Object.fromEntries([['thumbnail', 'webp'], ['loop', 'webm']].flatMap(([key, ending]) => {
        const file = join(folder, look, 'thumbnails', `${name}.${ending}`);
        if (!existsSync(file)) return [];
        const emitted = this.emitFile({type: 'asset', name: `${look}-${name}.${ending}`, source: readFileSync(file)});
        return [[key, this.getFileName(emitted)]];
      }));
      /** @param {string} file */
      const declared = (file) => {
        const look = JSON.parse(readFileSync(file, 'utf8'));
        const presets = look.presets.map((/** @type {{name: string}} */ preset) => (
          {...preset, ...pictures(look.name, preset.name)}));
        return {...look, ...pictures(look.name, 'default'), presets};
      };
      const looks = readdirSync(folder)
        .map((name) => join(folder, name, 'look.json'))
        .filter((file) => existsSync(file))
        .map(declared);
      this.emitFile({type: 'asset', fileName: 'looks.json', source: JSON.stringify({looks})});
    },
  };
}

/**
 * Emit inter.json, the characters of the bundled font: what a title needs beyond them comes from the system's fonts.
 * @returns {import('vite').Plugin}
 */
export function bundledCharacters() {
  return {
    name: 'bundled-characters',
    generateBundle() {
      const ranges = readFileSync(require.resolve('@fontsource-variable/inter/unicode.json'));
      this.emitFile({type: 'asset', fileName: 'inter.json', source: ranges});
    },
  };
}

/**
 * Emit the page that shows the API: Swagger UI as its makers built it, our own page around it, and its licence.
 * @param {string} frontend
 * @returns {import('vite').Plugin}
 */
export function apiPage(frontend) {
  const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
  const files = [
    ...['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE'].map(
      (name) => join(swagger, name),
    ),
    ...['index.html', 'guide.html', 'start.js', 'page.css'].map((name) => join(frontend, 'docs', name)),
    join(frontend, 'ui', 'tokens.css'),
    require.resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'),
  ];
  return {
    name: 'api-page',
    generateBundle() {
      for (const file of files) {
        this.emitFile({type: 'asset', fileName: `docs/${basename(file)}`, source: readFileSync(file)});
      }
    },
  };
}
