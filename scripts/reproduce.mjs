// Makes what the repository ships and quotes, from data beside the checkout: npm run reproduce -- <system>
// Every training resumes where it was stopped.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const data = join(root, '..', 'shared', 'data');
const sextant = 'packages/cli/bin/sextant.js';

/** What an editor consists of. */
const PARTS = ['generator', 'estimator', 'flow', 'encoder'];
const from = (part) => [`--${part}`, `runs/edit/${part}`];

/** A step that is a verb of `sextant edit`; its last argument says when it runs. */
const edit = (...args) => ({ script: sextant, args: ['edit', ...args.slice(0, -1)], ...args.at(-1) });

/**
 * For each system its steps, in order. `resumes` is a run folder: if it exists, the training continues. A step whose folder
 * `makes` exists is left out. One that `takesOptions` gets what stands behind the system on the command line.
 */
const SYSTEMS = {
  vocoder: {
    needs: data,
    steps: [
      {
        script: sextant,
        args: ['vocoder', 'train', `${data}/speech`, '-o', 'runs/vocoder', '--preset', 'small'],
        resumes: 'runs/vocoder',
      },
      {
        script: sextant,
        args: ['vocoder', 'export', '--weights', 'runs/vocoder', '-o', 'weights/vocoder.safetensors'],
      },
      { script: sextant, args: ['vocoder', 'evaluate', `${data}/speech-eval`] },
    ],
  },
  // Says itself which data are missing: some of its experiments need none.
  forecast: {
    steps: [
      { script: 'packages/forecast/dist/reproduce/main.js', args: ['--data', data], takesOptions: true },
    ],
  },
  represent: {
    steps: [
      { script: 'packages/represent/dist/reproduce/main.js', args: ['--data', data], takesOptions: true },
    ],
  },
  edit: {
    steps: [
      edit('heads', '-o', 'runs/edit/heads', '--n', '20000', { makes: 'runs/edit/heads' }),
      edit('train-generator', 'runs/edit/heads/images', '-o', 'runs/edit/generator', {
        resumes: 'runs/edit/generator',
      }),
      edit('train-estimator', 'runs/edit/heads', '-o', 'runs/edit/estimator', {
        resumes: 'runs/edit/estimator',
      }),
      edit('codes', '-o', 'runs/edit/codes', '--n', '100000', ...PARTS.slice(0, 2).flatMap(from), {
        makes: 'runs/edit/codes',
      }),
      edit('train-flow', 'runs/edit/codes', '-o', 'runs/edit/flow', {
        resumes: 'runs/edit/flow',
      }),
      edit('train-encoder', ...PARTS.slice(0, 2).flatMap(from), '-o', 'runs/edit/encoder', {
        resumes: 'runs/edit/encoder',
      }),
      ...[
        ['people', '16000', 'train'],
        ['others', '1600', 'val'],
      ].map(([name, n, split]) =>
        edit('heads', '-o', `runs/edit/${name}`, '--n', n, '--frames', '8', '--split', split, {
          makes: `runs/edit/${name}`,
        }),
      ),
      edit('train-identity', 'runs/edit/people', '--held', 'runs/edit/others', '-o', 'runs/edit/identity', {
        resumes: 'runs/edit/identity',
      }),
      ...PARTS.map((part) =>
        edit('export', part, `runs/edit/${part}`, '-o', `weights/edit/${part}.safetensors`, {}),
      ),
      edit('sheets', '-o', 'runs/edit/sheets', { makes: 'runs/edit/sheets' }),
      { script: 'packages/edit/dist/reproduce/main.js', args: ['--data', 'runs/edit'], takesOptions: true },
    ],
  },
};

const [name, ...options] = process.argv.slice(2);
const system = Object.hasOwn(SYSTEMS, name ?? '') ? SYSTEMS[name] : undefined;
if (!system) {
  console.error(`reproduce: name a system: ${Object.keys(SYSTEMS).join(', ')}`);
  process.exit(2);
}
if (system.needs && !existsSync(system.needs)) {
  console.error(`reproduce: the data are not there: ${system.needs}`);
  process.exit(1);
}
for (const { script, args, resumes, makes, takesOptions } of system.steps) {
  if (makes !== undefined && existsSync(join(root, makes))) continue;
  const again = resumes !== undefined && existsSync(join(root, resumes, 'config.json')) ? ['--resume'] : [];
  const all = [...args, ...again, ...(takesOptions ? options : [])];
  console.error(`${script} ${all.join(' ')}`);
  const { status } = spawnSync(process.execPath, [join(root, script), ...all], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
