/**
 * @module `sextant avatar heads`
 */
import { nonNegativeInteger, positiveInteger, printResult } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { writeTree } from '../data/write.js';

interface HeadsCommandOptions {
  readonly output: string;
  readonly people: number;
  readonly testPeople: number;
  readonly frames: number;
  readonly size: number;
  readonly seed: number;
  readonly threads?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const headsCommand = (): Command =>
  new Command('heads')
    .summary('make videos of heads of nobody to train on')
    .description(
      'Writes imgs, keypoints and segs of train and test, PERSON/VIDEO/SEQUENCE/FRAME each: what train reads. In a video pose and ' +
        'expression change, light and background stay.',
    )
    .requiredOption('-o, --output <folder>', 'required: new folder')
    .option('--people <n>', 'people of train', positiveInteger, 500)
    .option('--test-people <n>', 'people of test, who are others', positiveInteger, 32)
    .option('--frames <n>', 'frames of each', positiveInteger, 16)
    .option('--size <pixels>', 'width and height', positiveInteger, 64)
    .option('--seed <n>', 'of the frames', nonNegativeInteger, 0)
    .option('--threads <n>', 'worker threads', positiveInteger)
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action(async ({ output, quiet = false, json, ...options }: HeadsCommandOptions) => {
      const progress = new Progress({ quiet });
      try {
        await writeTree(output, {
          ...options,
          onProgress: (done, all) => progress.show(`${done} of ${all} frames`),
        });
      } finally {
        progress.close();
      }
      const { people, testPeople, frames, size } = options;
      printResult(
        json,
        { output, people, testPeople, frames, size },
        () => `${output}: ${people} + ${testPeople} people, ${frames} frames of ${size} × ${size} each`,
      );
    });
