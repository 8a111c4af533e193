/**
 * @module `sextant vocoder demo`: what the vocoder does, on a sample that comes with it.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkOutputs, makeFolder, writeFile } from '@sextant/io';
import { type DeviceOptions, formatTable, onDevice, printResult, withDevice } from '@sextant/system';
import { Command } from 'commander';
import { evaluateVocoder, evaluationTable } from '../evaluate.js';
import { loadVocoder } from '../load.js';
import { drawCopySynthesis } from '../picture.js';
import { synthesizeFile } from '../synthesize.js';
import { weightsOption } from './weights-option.js';

/** One sentence by a speech synthesiser. */
const SAMPLE = fileURLToPath(new URL('../../samples/sample.wav', import.meta.url));

interface DemoOptions extends DeviceOptions {
  readonly output: string;
  readonly input?: string;
  readonly weights?: string;
  readonly json?: boolean;
}

export const demoCommand = (): Command =>
  withDevice(new Command('demo'))
    .summary('speak a sample through its spectrogram, draw it and measure it')
    .description(
      'Turns a sentence that comes with the package, or a sound of yours, into its spectrogram and speaks it again, draws both spectrograms, and prints how near the speech is to the original, beside Griffin-Lim.',
    )
    .option('-o, --output <dir>', 'folder to write speech.wav and spectrogram.png to', 'out')
    .option('-i, --input <file>', 'another sound')
    .addOption(weightsOption())
    .option('--json', 'print the measurements as JSON')
    .action((options: DemoOptions) => onDevice(options, () => demo(options)));

async function demo({ output, input = SAMPLE, weights, json }: DemoOptions): Promise<void> {
  const vocoder = await loadVocoder(weights);
  await makeFolder(output);
  const [speech, picture] = [join(output, 'speech.wav'), join(output, 'spectrogram.png')];
  await checkOutputs([input], [speech, picture]);
  const { seconds } = await synthesizeFile(vocoder, input, speech);
  await writeFile(picture, [await drawCopySynthesis(vocoder, input, speech)]);
  const evaluation = await evaluateVocoder({
    vocoder,
    network: vocoder.unrefined,
    mel: vocoder.front.options,
    files: [input],
  });
  printResult(json, { speech, picture, ...evaluation }, () =>
    [
      `Listen to  ${speech}  (${seconds.toFixed(2)} s, made of the spectrogram of ${input === SAMPLE ? 'the sample' : input})`,
      `Look at    ${picture}`,
      '',
      formatTable(evaluationTable(evaluation)),
    ].join('\n'),
  );
}
