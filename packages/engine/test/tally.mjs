/**
 * Runs this package's tests, counts operations, tests and gradient checks, and writes the figures and the
 * list of operations into the README: npm run tally -w @sextant/engine
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

const folder = mkdtempSync(join(tmpdir(), 'sextant-tally-'));
process.env.TALLY_FILE = join(folder, 'tally.jsonl');
process.env.UPDATE_README = '1';
const vitest = await startVitest('test', ['packages/engine'], {
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  watch: false,
  setupFiles: [fileURLToPath(new URL('tally-setup.ts', import.meta.url))],
});
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
const count = (state) => tests.filter((test) => test.result().state === state).length;
const failed = count('failed');
await vitest.close();

const lines = readFileSync(process.env.TALLY_FILE, 'utf8').trim().split('\n');
const checks = { first: 0, second: 0, derivatives: 0 };
for (const line of lines) for (const [key, n] of Object.entries(JSON.parse(line))) checks[key] += n;
rmSync(folder, { recursive: true });

const path = new URL('../README.md', import.meta.url);
const readme = readFileSync(path, 'utf8');
const list = /<!-- operations -->.*<!-- \/operations -->/s.exec(readme)[0];
const rows = list.split('\n').filter((line) => line.startsWith('- '));
const operations = rows.reduce((n, row) => n + row.split('`').length / 2 - 0.5, 0);
const n = (value) => value.toLocaleString('en-US');
const text =
  `${n(operations)} operations in ${rows.length} families. ${n(count('passed'))} tests passed, ${n(failed)} failed, ` +
  `${n(count('skipped'))} skipped. ${n(checks.first)} gradient checks and ${n(checks.second)} second-order checks ` +
  `compared ${n(checks.derivatives)} derivatives.`;
console.log(text);
writeFileSync(path, readme.replace(/(<!-- tally -->\n).*(<!-- \/tally -->)/s, `$1\n${text}\n\n$2`));
process.exitCode = failed > 0 ? 1 : 0;
