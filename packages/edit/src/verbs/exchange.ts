/**
 * @module `sextant edit import` and `export`
 */
import { extname } from 'node:path';
import { checkOutputs, InputError, readFile, within, writeFile } from '@sextant/io';
import { printResult } from '@sextant/system';
import { Command, Option } from 'commander';
import { encodeEncoder } from '../encoder/weights.js';
import { encodeEstimator } from '../estimator/weights.js';
import { encodeFlow, type FlowWeights, flowOf, importFlow } from '../flow/weights.js';
import { readIdentity } from '../identity/load.js';
import { encodeIdentity } from '../identity/weights.js';
import { readEncoder, readEstimator, readFlow } from '../load.js';
import { CodeEditor } from '../session.js';
import { importModel } from '../stylegan2/import.js';
import { loadSynthesizer } from '../stylegan2/load.js';
import { Synthesizer } from '../stylegan2/synthesizer.js';
import { readAttributeTable } from '../tables.js';

const PARTS = ['generator', 'estimator', 'flow', 'encoder', 'identity'] as const;
type Part = (typeof PARTS)[number];

/** Parts that are written as programs too. */
const PROGRAMS: ReadonlySet<string> = new Set<Part>(['generator', 'flow']);

interface ExportCommandOptions {
  readonly output: string;
  readonly json?: boolean;
}

export const exportCommand = (): Command =>
  new Command('export')
    .summary('write a part of an editor as one file')
    .description(
      'By the extension of the output. .safetensors: weights and configuration of a part. .onnx: a generator (latents float32 [N, rows, D] in, ' +
        'image [N, 3, S, S] out) or one edit of a flow (w [1, rows, D], what it shows and shall show [1, 9 + attributes], first and last row in, edited [1, rows, D] out).',
    )
    .argument('<part>', PARTS.join(', '))
    .argument('<weights>', '.safetensors, .pt (a generator), or a run folder')
    .requiredOption('-o, --output <file>', 'required: file to write')
    .option('--json', 'print what was written as JSON')
    .action(async (part: string, weights: string, { output, json }: ExportCommandOptions) => {
      const extension = extname(output).toLowerCase();
      if (!PARTS.some((p) => p === part))
        throw new InputError(`there is no part ${part}; there are: ${PARTS.join(', ')}`);
      const asProgram = PROGRAMS.has(part);
      if (extension !== '.safetensors' && !(extension === '.onnx' && asProgram)) {
        throw new InputError(
          `${output}: this part is written as .safetensors${asProgram ? ' or .onnx' : ''}`,
        );
      }
      await checkOutputs([weights], [output]);
      await writeFile(output, [await bytesOf(part as Part, weights, extension)]);
      printResult(json, { output, part }, () => `${output}: ${part} of ${weights}`);
    });

async function bytesOf(part: Part, weights: string, extension: string): Promise<Uint8Array> {
  if (part === 'flow') return flowBytes(await readFlow(weights), extension);
  if (part === 'encoder') return encodeEncoder(await readEncoder(weights));
  if (part === 'estimator') return encodeEstimator(await readEstimator(weights));
  if (part === 'identity') return encodeIdentity(await readIdentity(weights));
  const synthesizer = await loadSynthesizer(weights);
  try {
    return await (extension === '.onnx' ? synthesizer.export() : synthesizer.save());
  } finally {
    await synthesizer.release();
  }
}

async function flowBytes(weights: FlowWeights, extension: string): Promise<Uint8Array> {
  if (extension !== '.onnx') return encodeFlow(weights);
  const editor = new CodeEditor(flowOf(weights), weights.config.table);
  return editor.export();
}

interface ImportCommandOptions {
  readonly output: string;
  readonly table: string;
  readonly json?: boolean;
}

export const importCommand = (): Command =>
  new Command('import')
    .summary('turn a PyTorch checkpoint into our weights')
    .description(
      "A flow of the authors' code, or a generator of rosinality's StyleGAN2; sizes are those of its arrays.",
    )
    .addOption(
      new Option('--table <name>', "a flow's attributes: faces, heads, or a .json file").default('faces'),
    )
    .argument('<part>', 'flow, generator')
    .argument('<checkpoint>', '.pt file')
    .requiredOption('-o, --output <file>', 'required: .safetensors file to write')
    .option('--json', 'print what was written as JSON')
    .action(async (part: string, checkpoint: string, { output, table, json }: ImportCommandOptions) => {
      if (part !== 'flow' && part !== 'generator') {
        throw new InputError(`${part} cannot be imported: give flow or generator`);
      }
      if (extname(output).toLowerCase() !== '.safetensors') {
        throw new InputError(`${output}: weights are written as .safetensors`);
      }
      await checkOutputs([checkpoint], [output]);
      const bytes = await readFile(checkpoint);
      if (part === 'flow') {
        const attributes = await readAttributeTable(table);
        const weights = within(checkpoint, () => importFlow(bytes, attributes));
        await writeFile(output, [encodeFlow(weights)]);
        printResult(json, { output, ...weights.config.flow }, () => `${output}: a flow`);
        return;
      }
      const synthesizer = within(checkpoint, () => new Synthesizer(importModel(bytes)));
      await writeFile(output, [await synthesizer.save()]);
      await synthesizer.release();
      printResult(json, { output, ...synthesizer.config }, () => `${output}: a generator`);
    });
