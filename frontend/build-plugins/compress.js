// Compressed forms of the pages' files, made once here and not for every visitor.
import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';

const SHRINKS = /\.(js|css|svg|json)$/;
const WORTH_IT = 1000;

/**
 * Write FILE.br and FILE.gz beside every file in assets/ that gets smaller by it.
 * @returns {import('vite').Plugin}
 */
export function compress() {
  return {
    name: 'compress',
    writeBundle({dir}) {
      const folder = join(String(dir), 'assets');
      for (const name of readdirSync(folder).filter((file) => SHRINKS.test(file))) {
        const path = join(folder, name);
        if (statSync(path).size < WORTH_IT) continue;
        const bytes = readFileSync(path);
        const params = {[constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length};
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, {params}));
        writeFileSync(`${path}.gz`, gzipSync(bytes, {level: 9}));
      }
    },
  };
}
