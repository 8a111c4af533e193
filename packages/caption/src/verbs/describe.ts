/**
 * @module `sextant caption describe`
 */
import { extname } from 'node:path';
import { checkOutputs, InputError, writeFile } from '@sextant/io';
import { type DeviceOptions, onDevice, printResult, withDevice } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { readVideos, submissionOf } from '../annotations.js';
import { described } from '../captioning/train.js';
import { readCaptioner, writerOf } from '../captioning/weights.js';
import { FeatureFolder } from '../video-features.js';

interface DescribeCommandOptions extends DeviceOptions {
  readonly features: string;
  readonly weights: string;
  readonly output: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const describeCommand = (): Command =>
  withDevice(new Command('describe'))
    .summary('write a sentence for each annotated segment')
    .description(
      'Writes a submission: for each segment of SEGMENTS, {video: {"duration", "timestamps", "sentences"}}, what is to be seen and heard ' +
        'meanwhile. Videos without features are left out.',
    )
    .argument('<segments>', 'annotations (.json); their sentences do not count')
    .requiredOption('--features <folder>', 'required: <video>_rgb.npy, <video>_flow.npy, <video>_vggish.npy')
    .requiredOption('--weights <path>', 'required: .safetensors, or a run folder')
    .requiredOption('-o, --output <file.json>', 'required: submission to write')
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((segments: string, options: DescribeCommandOptions) =>
      onDevice(options, () => run(segments, options)),
    );

async function run(path: string, options: DescribeCommandOptions): Promise<void> {
  const { features: folder, weights, output, quiet = false, json } = options;
  if (extname(output).toLowerCase() !== '.json')
    throw new InputError(`${output}: captions are written as .json`);
  await checkOutputs([path], [output]);
  const [videos, features] = [await readVideos(path), await FeatureFolder.open(folder)];
  const here = new Map([...videos].filter(([video]) => features.videos.includes(video)));
  if (here.size === 0) throw new InputError(`${folder}: it has features of none of the videos in ${path}`);
  const writer = writerOf(await readCaptioner(weights));
  const progress = new Progress({ quiet });
  try {
    const captions = await described(writer, features, here, (done) =>
      progress.show(`${done} of ${here.size} videos`),
    );
    progress.close();
    await writeFile(output, [Buffer.from(`${JSON.stringify(submissionOf(captions))}\n`)]);
    const sentences = [...captions.values()].reduce((sum, { length }) => sum + length, 0);
    const missing = videos.size - here.size;
    printResult(json, { output, videos: here.size, sentences, withoutFeatures: missing }, () => {
      const rest = missing > 0 ? `; ${missing} videos have no features` : '';
      return `${output}: ${sentences} sentences for ${here.size} videos${rest}`;
    });
  } finally {
    progress.close();
    await writer.release();
  }
}
