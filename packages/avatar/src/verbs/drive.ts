/**
 * @module `sextant avatar drive`
 */
import { extname, join } from 'node:path';
import { ANIMATION_FORMATS, checkAnimationPath, type Image, writeAnimation, writePng } from '@sextant/image';
import { checkOutputs, makeFolder } from '@sextant/io';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { headBox } from '../crop.js';
import { readMotion } from '../data/files.js';
import { loadAvatarModel } from '../load.js';
import { avatarOf, landmarksOption, maskOption, weightsOption } from './options.js';

interface DriveCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly landmarks: string;
  readonly mask?: string;
  readonly motion: string;
  readonly steady?: boolean;
  readonly fps: number;
  readonly weights?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const driveCommand = (): Command =>
  withDevice(new Command('drive'))
    .summary('show the person of a photograph in the poses of landmarks')
    .description(
      'Landmarks are 68 points in the order of iBUG (which dlib and face-alignment give too), x and y in pixels of their picture.',
    )
    .argument('<photo>', 'picture of a person')
    .addOption(landmarksOption().makeOptionMandatory())
    .addOption(maskOption())
    .requiredOption(
      '--motion <path>',
      'required: landmarks of the frames: .npy [frames, 68, 2], or a folder of .npy files [68, 2] in the order of their names',
    )
    .requiredOption(
      '-o, --output <path>',
      `required: ${ANIMATION_FORMATS.join(', ')} to write, or a folder, for .png files`,
    )
    .option('--steady', 'look at the place of the first frame throughout; else at each head where it is')
    .option('--fps <n>', 'frames in a second', positiveInteger, 20)
    .addOption(weightsOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action((photo: string, options: DriveCommandOptions) => onDevice(options, () => run(photo, options)));

async function run(photo: string, options: DriveCommandOptions): Promise<void> {
  const { output, landmarks, mask, motion, steady, fps, weights, quiet = false, json } = options;
  const folder = extname(output) === '';
  if (!folder) checkAnimationPath(output);
  await checkOutputs([photo, landmarks, mask, motion], folder ? [] : [output]);
  const poses = await readMotion(motion);
  const model = await loadAvatarModel(weights);
  const began = performance.now();
  const avatar = await avatarOf(model, { picture: photo, landmarks, mask });
  const box = steady ? headBox(poses[0]!) : undefined;
  const progress = new Progress({ quiet });
  try {
    const images: Image[] = [];
    // The first frame compiles the program.
    images.push((await avatar.drive(poses[0]!, box)).image);
    const ready = performance.now();
    for (const pose of poses.slice(1)) {
      images.push((await avatar.drive(pose, box)).image);
      progress.show(`${images.length} of ${poses.length} frames`);
    }
    const perFrame = poses.length > 1 ? (performance.now() - ready) / (poses.length - 1) : undefined;
    await (folder ? writeFrames(output, images) : writeAnimation(output, images, { fps }));
    progress.close();
    const milliseconds = { person: ready - began, ...(perFrame !== undefined && { frame: perFrame }) };
    printResult(json, { output, frames: images.length, milliseconds }, () => {
      const speed = perFrame === undefined ? '' : `, ${perFrame.toFixed(1)} ms for each frame`;
      return `${output}: ${images.length} frames (${(ready - began).toFixed(0)} ms for the person${speed})`;
    });
  } finally {
    progress.close();
    await avatar.release();
    await model.release();
  }
}

async function writeFrames(folder: string, images: readonly Image[]): Promise<void> {
  await makeFolder(folder);
  for (const [i, image] of images.entries())
    await writePng(join(folder, `${String(i).padStart(6, '0')}.png`), image);
}
