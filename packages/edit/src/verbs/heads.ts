/**
 * @module `sextant edit heads`
 */
import { writeHeads } from '@sextant/heads';
import { nonNegativeInteger, positiveInteger, printResult } from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { HEADS } from '../attributes.js';
import { writeAttributeTable } from '../tables.js';

interface HeadsCommandOptions {
  readonly output: string;
  readonly n: number;
  readonly size: number;
  readonly seed: number;
  readonly frames: number;
  readonly split: 'train' | 'val' | 'test';
  readonly threads?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const headsCommand = (): Command =>
  new Command('heads')
    .summary('make pictures of heads of nobody, with what they show')
    .description(
      'Writes images/, attributes.npy [n, 8], light.npy [n, 9], person.npy and table.json: what generator and estimator are trained on.',
    )
    .requiredOption('-o, --output <folder>', 'required: new folder')
    .option('--n <count>', 'pictures', positiveInteger, 10_000)
    .option('--size <pixels>', 'width and height', positiveInteger, 64)
    .option('--seed <n>', 'of the frames', nonNegativeInteger, 0)
    .option('--frames <n>', 'pictures of one person, one after the other', positiveInteger, 1)
    .option('--split <name>', 'people: train, val or test', 'train')
    .option('--threads <n>', 'worker threads', positiveInteger)
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON')
    .action(
      async ({ output, n, size, seed, frames, split, threads, quiet = false, json }: HeadsCommandOptions) => {
        const progress = new Progress({ quiet });
        try {
          await writeHeads(output, {
            count: n,
            size,
            seed,
            frames,
            split,
            ...(threads !== undefined && { threads }),
            onProgress: (done, all) => progress.show(`${done} of ${all} heads`),
          });
          await writeAttributeTable(output, HEADS);
        } finally {
          progress.close();
        }
        printResult(json, { output, n, size }, () => `${output}: ${n} heads of ${size} × ${size}`);
      },
    );
