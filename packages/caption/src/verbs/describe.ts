/**
 * @module `sextant caption describe`
 */
import { extname } from 'node:path';
import { checkOutputs, InputError, writeFile } from '@sextant/io';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command, InvalidArgumentError } from 'commander';
import { type AnnotatedVideo, readVideos, submissionOf } from '../annotations.js';
import { described } from '../captioning/train.js';
import { readCaptioner, writerOf } from '../captioning/weights.js';
import { proposerOf, readProposals } from '../proposing/weights.js';
import { FeatureFolder } from '../video-features.js';

interface DescribeCommandOptions extends DeviceOptions {
  readonly features: string;
  readonly weights: string;
  readonly proposals?: string;
  readonly count: number;
  readonly overlap?: number;
  readonly output: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const describeCommand = (): Command =>
  withDevice(new Command('describe'))
    .summary('write sentences for the events of videos')
    .description(
      'Writes a submission: what is to be seen and heard in segments of videos. The segments are those of SEGMENTS, ' +
        '{video: {"duration", "timestamps", "sentences"}}, or with --proposals found for each video; then SEGMENTS gives durations only, and ' +
        'without it videos last as long as their features. Videos without features are left out.',
    )
    .argument('[segments]', 'annotations (.json); their sentences do not count')
    .requiredOption('--features <folder>', 'required: <video>_rgb.npy, <video>_flow.npy, <video>_vggish.npy')
    .requiredOption('--weights <path>', 'required: a captioner, .safetensors or a run folder')
    .option('--proposals <path>', 'a proposal generator, .safetensors or a run folder')
    .option('--count <n>', 'segments that are found of a video at most', positiveInteger, 100)
    .option(
      '--overlap <share>',
      'leave out segments that overlap a better one by so much: 0.4 for reading, none for scoring',
      share,
    )
    .requiredOption('-o, --output <file.json>', 'required: submission to write')
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((segments: string | undefined, options: DescribeCommandOptions) =>
      onDevice(options, () => run(segments, options)),
    );

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It must be a number between 0 and 1.');
  return value;
}

async function run(path: string | undefined, options: DescribeCommandOptions): Promise<void> {
  const { features: folder, weights, proposals, output, quiet = false, json } = options;
  if (path === undefined && proposals === undefined) {
    throw new InputError('give SEGMENTS to describe, or --proposals to find them');
  }
  if (extname(output).toLowerCase() !== '.json')
    throw new InputError(`${output}: captions are written as .json`);
  await checkOutputs(path === undefined ? [] : [path], [output]);
  const features = await FeatureFolder.open(folder);
  const given = path === undefined ? await wholeVideos(features) : await readVideos(path);
  const present = new Map([...given].filter(([video]) => features.videos.includes(video)));
  if (present.size === 0) throw new InputError(`${folder}: it has features of none of the videos in ${path}`);
  const writer = writerOf(await readCaptioner(weights));
  const progress = new Progress({ quiet });
  try {
    const here =
      proposals === undefined ? present : await withEvents(present, features, { ...options, proposals });
    const captions = await described(writer, features, here, (done) =>
      progress.show(`${done} of ${here.size} videos`),
    );
    progress.close();
    await writeFile(output, [Buffer.from(`${JSON.stringify(submissionOf(captions))}\n`)]);
    const sentences = [...captions.values()].reduce((sum, { length }) => sum + length, 0);
    const missing = given.size - here.size;
    printResult(json, { output, videos: here.size, sentences, withoutFeatures: missing }, () => {
      const rest = missing > 0 ? `; ${missing} videos have no features` : '';
      return `${output}: ${sentences} sentences for ${here.size} videos${rest}`;
    });
  } finally {
    progress.close();
    await writer.release();
  }
}

/** Seconds that a row of features of pictures stands for: 64 frames at 25 a second. */
const SECONDS_A_ROW = 2.56;

/** All videos with features, as long as these. */
async function wholeVideos(features: FeatureFolder): Promise<ReadonlyMap<string, AnnotatedVideo>> {
  const videos = new Map<string, AnnotatedVideo>();
  for (const video of features.videos) {
    const { rgb } = await features.read(video);
    videos.set(video, { duration: rgb.shape[0]! * SECONDS_A_ROW, captions: [] });
  }
  return videos;
}

/** Videos with the segments that a generator finds. */
async function withEvents(
  videos: ReadonlyMap<string, AnnotatedVideo>,
  features: FeatureFolder,
  { proposals, count, overlap }: Required<Pick<DescribeCommandOptions, 'proposals'>> & DescribeCommandOptions,
): Promise<ReadonlyMap<string, AnnotatedVideo>> {
  const proposer = proposerOf(await readProposals(proposals));
  try {
    const found = new Map<string, AnnotatedVideo>();
    for (const [video, { duration }] of videos) {
      const segments = await proposer.propose(await features.read(video), duration, {
        count,
        ...(overlap !== undefined && { overlap }),
      });
      const captions = segments.map(({ start, end }) => ({ start, end, sentence: '' }));
      found.set(video, { duration, captions });
    }
    return found;
  } finally {
    await proposer.release();
  }
}
