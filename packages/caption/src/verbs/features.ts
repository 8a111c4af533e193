/**
 * @module `sextant caption features`
 */
import { basename, extname, join } from 'node:path';
import { checkOutputs, InputError, makeFolder, writeNpy } from '@sextant/io';
import { type DeviceOptions, onDevice, printResult, readWeights, withDevice } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { filledFrom } from '../checkpoints.js';
import { FeatureExtractor } from '../extract.js';
import { I3D } from '../i3d.js';
import { VGGish } from '../vggish.js';
import { FEATURE_FILES } from '../video-features.js';

interface FeaturesCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly rgb: string;
  readonly flow: string;
  readonly vggish: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const featuresCommand = (): Command =>
  withDevice(new Command('features'))
    .summary('make features of video files')
    .description(
      'Writes <video>_rgb.npy, <video>_flow.npy [rows, 1024] and <video>_vggish.npy [rows, 128] for each video: what captioners are trained on and describe. ' +
        'Networks are the checkpoints of I3D (rgb and flow) and VGGish of video_features. Optical flow is TV-L1, on which I3D was trained.',
    )
    .argument('<videos...>', 'video files, whose names without extension name the features')
    .requiredOption('--rgb <checkpoint>', 'required: I3D of pictures, .pt or .safetensors')
    .requiredOption('--flow <checkpoint>', 'required: I3D of optical flow')
    .requiredOption('--vggish <checkpoint>', 'required: VGGish')
    .requiredOption('-o, --output <folder>', 'required: folder to write to')
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((videos: readonly string[], options: FeaturesCommandOptions) =>
      onDevice(options, () => run(videos, options)),
    );

async function run(
  videos: readonly string[],
  { output, rgb, flow, vggish, quiet = false, json }: FeaturesCommandOptions,
): Promise<void> {
  const names = videos.map((path) => basename(path, extname(path)));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new InputError(`two videos are called ${twice}; their features would be one`);
  await makeFolder(output);
  const files = names.map((name) => ({
    rgb: join(output, name + FEATURE_FILES.rgb),
    flow: join(output, name + FEATURE_FILES.flow),
    audio: join(output, name + FEATURE_FILES.audio),
  }));
  await checkOutputs(videos, files.flatMap(Object.values));
  const extractor = new FeatureExtractor({
    rgb: filledFrom(new I3D(3), await readWeights(rgb)),
    flow: filledFrom(new I3D(2), await readWeights(flow)),
    vggish: filledFrom(new VGGish(), await readWeights(vggish)),
  });
  const progress = new Progress({ quiet });
  try {
    const written: { video: string; rows: number; audioRows: number }[] = [];
    for (const [i, video] of videos.entries()) {
      const features = await extractor.extract(video, {
        onProgress: (rows) => progress.show(`${names[i]}: ${rows} rows`),
      });
      for (const kind of ['rgb', 'flow', 'audio'] as const) await writeNpy(files[i]![kind], features[kind]);
      written.push({ video, rows: features.rgb.shape[0]!, audioRows: features.audio.shape[0]! });
    }
    progress.close();
    printResult(json, { output, videos: written }, () =>
      written
        .map(({ video, rows, audioRows }) => `${video}: ${rows} rows of pictures, ${audioRows} of sound`)
        .join('\n'),
    );
  } finally {
    progress.close();
    await extractor.release();
  }
}
