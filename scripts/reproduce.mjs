// Makes what the repository ships and quotes, from data beside the checkout: npm run reproduce -- <system>
// Every training resumes where it was stopped.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const data = join(root, '..', 'shared', 'data');

/** For each system its commands, in order. `resumes` is a run folder: if it exists, the training continues. */
const SYSTEMS = {
  vocoder: [
    {
      args: ['vocoder', 'train', `${data}/speech`, '-o', 'runs/vocoder', '--preset', 'small'],
      resumes: 'runs/vocoder',
    },
    { args: ['vocoder', 'export', '--weights', 'runs/vocoder', '-o', 'weights/vocoder.safetensors'] },
    { args: ['vocoder', 'evaluate', `${data}/speech-eval`] },
  ],
};

const [system] = process.argv.slice(2);
const steps = Object.hasOwn(SYSTEMS, system ?? '') ? SYSTEMS[system] : undefined;
if (!steps) {
  console.error(`reproduce: name a system: ${Object.keys(SYSTEMS).join(', ')}`);
  process.exit(2);
}
if (!existsSync(data)) {
  console.error(`reproduce: the data are not there: ${data}`);
  process.exit(1);
}
for (const { args, resumes } of steps) {
  const again = resumes !== undefined && existsSync(join(root, resumes, 'config.json')) ? ['--resume'] : [];
  console.error(`sextant ${[...args, ...again].join(' ')}`);
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'packages/cli/bin/sextant.js'), ...args, ...again],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
