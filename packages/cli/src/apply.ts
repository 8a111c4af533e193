/**
 * @module `sextant apply`, `verify` and `modules`: any module of any system on tensors.
 */
import { checkOutputs, InputError, readFile, readSafetensors, writeSafetensors } from '@sextant/io';
import {
  type CaseReport,
  caseFolders,
  type DeviceOptions,
  formatTable,
  onDevice,
  parseJson,
  printResult,
  readWeights,
  verifyCase,
  withDevice,
} from '@sextant/system';
import { Command } from 'commander';
import { findModule, SYSTEMS } from './systems.js';

interface ApplyOptions extends DeviceOptions {
  readonly config?: string;
  readonly checkpoint?: string;
  readonly inputs: string;
  readonly outputs: string;
  readonly gradientsOf?: string;
  readonly gradientsWrt?: string;
}

export const applyCommand = (): Command =>
  withDevice(new Command('apply'))
    .summary('run one module of a system on tensors')
    .description(
      'Runs one module on the tensors of a safetensors file and writes its outputs to another; with gradients of ' +
        "one output by inputs or parameters (in the authors' names) where asked for.",
    )
    .argument('<module>', 'such as vocoder/generator (see: sextant modules)')
    .option('--config <file>', 'JSON file of options')
    .option('--checkpoint <file>', "weights in the authors' layout (.pt) or safetensors")
    .requiredOption('--inputs <file>', 'safetensors file of inputs')
    .requiredOption('--outputs <file>', 'safetensors file to write')
    .option('--gradients-of <name>', 'scalar output to differentiate')
    .option('--gradients-wrt <names>', 'comma-separated inputs and parameters to differentiate by')
    .action((name: string, options: ApplyOptions) => onDevice(options, () => apply(name, options)));

async function apply(name: string, options: ApplyOptions): Promise<void> {
  const { config, checkpoint, inputs, outputs, gradientsOf, gradientsWrt } = options;
  if ((gradientsOf === undefined) !== (gradientsWrt === undefined)) {
    throw new InputError('--gradients-of and --gradients-wrt go together');
  }
  const module = findModule(name);
  await checkOutputs([inputs, checkpoint, config], [outputs]);
  const found = await module.apply({
    config: config === undefined ? {} : parseJson(config, await readFile(config)),
    checkpoint: checkpoint === undefined ? undefined : await readWeights(checkpoint, module.inertClasses),
    inputs: (await readSafetensors(inputs)).tensors,
    ...(gradientsOf && gradientsWrt ? { gradients: { of: gradientsOf, wrt: gradientsWrt.split(',') } } : {}),
  });
  await writeSafetensors(outputs, found, { module: name });
}

interface VerifyOptions extends DeviceOptions {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const verifyCommand = (): Command =>
  withDevice(new Command('verify'))
    .summary('check reference cases')
    .description(
      'Runs the module of each case folder (case.json) and compares its outputs with the expected ones.',
    )
    .argument('<case-dir...>', 'folders that hold a case.json, or folders of such folders')
    .option('--quiet', 'print only what fails, and the total')
    .option('--json', 'print the reports as JSON')
    .action(async (folders: readonly string[], options: VerifyOptions) => {
      const passed = await onDevice(options, () => verify(folders, options));
      if (!passed) process.exitCode = 1;
    });

type Outcome = CaseReport | { readonly folder: string; readonly error: string; readonly pass: false };

/** Reports every case, also after one that fails or cannot be run. */
async function verify(folders: readonly string[], { json, quiet }: VerifyOptions): Promise<boolean> {
  const outcomes: Outcome[] = [];
  for (const folder of (await Promise.all(folders.map(caseFolders))).flat()) {
    const outcome: Outcome = await verifyCase(folder, findModule).catch((error: unknown) => ({
      folder,
      error: error instanceof Error ? error.message : String(error),
      pass: false,
    }));
    outcomes.push(outcome);
    if (!json && !(quiet && outcome.pass)) process.stdout.write(`${outcomeText(outcome, quiet)}\n`);
  }
  const passed = outcomes.filter((o) => o.pass).length;
  printResult(json, outcomes, () => `${passed} of ${outcomes.length} cases pass`);
  return passed === outcomes.length;
}

function outcomeText(outcome: Outcome, failuresOnly = false): string {
  if ('error' in outcome) return `FAIL ${outcome.folder}: ${outcome.error}`;
  const { folder, module, tensors } = outcome;
  const lines = tensors
    .filter((t) => !(failuresOnly && t.pass))
    .map((t) => {
      const verdict = t.pass ? 'pass' : 'FAIL';
      const figures =
        t.problem ?? `max abs ${t.maxAbsolute.toExponential(2)}  max rel ${t.maxRelative.toExponential(2)}`;
      const missed = t.mismatched > 0 && !t.problem ? `  ${t.mismatched} of ${t.size} outside tolerance` : '';
      return `  ${verdict}  ${t.name}  ${figures}${missed}`;
    });
  return [`${folder} (${module})`, ...lines].join('\n');
}

export const modulesCommand = (): Command =>
  new Command('modules')
    .summary('list what apply knows')
    .option('--json', 'print as JSON')
    .action(({ json }: { json?: boolean }) => {
      const rows = SYSTEMS.flatMap((s) =>
        Object.entries(s.modules).map(([name, m]) => ({ module: `${s.name}/${name}`, summary: m.summary })),
      );
      printResult(json, rows, () => formatTable(rows));
    });
