/**
 * @module `sextant edit train-identity`
 */
import { resolve } from 'node:path';
import { type ImageSet, openImages } from '@sextant/image';
import { InputError } from '@sextant/io';
import {
  absolute,
  positiveInteger,
  resumeRun,
  runTraining,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { type Portraits, portraits, readPeople, splitPeople } from '../identity/data.js';
import {
  checkPeople,
  type IdentityTrainConfig,
  IdentityTrainSchema,
  trainIdentity,
} from '../identity/train.js';
import { STAGES } from '../stages.js';
import { picturesIn } from './pictures.js';

interface TrainIdentityCommandOptions extends TrainVerbOptions {
  readonly held?: string;
  readonly size: number;
  readonly epochs?: number;
  readonly batchSize?: number;
}

export const trainIdentityCommand = (): Command =>
  withTraining(
    new Command('train-identity')
      .summary('train a network that tells persons apart')
      .description(
        'DATA is a folder of pictures (or with a folder images of them) and of person.npy [n], several pictures of each person, as `sextant edit heads ' +
          '--frames 8` makes it. Evaluate takes the run as a part `identity` of a model. Ctrl-C saves.',
      )
      .argument('[data]', 'folder of pictures; not needed with --resume'),
    {
      resume: 'continue the run; DATA, --held and --epochs change its config.json',
      addOptions: (command) =>
        command
          .option(
            '--held <folder>',
            'as DATA, of other people, on whom the network is tried; a tenth of the people of DATA without it',
          )
          .addOption(
            new Option('--size <n>', 'width and height that pictures are taken at')
              .argParser(positiveInteger)
              .default(64)
              .conflicts('resume'),
          )
          .option('--epochs <n>', 'passes over the pictures', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'pictures of a step')
              .argParser(positiveInteger)
              .conflicts('resume'),
          ),
    },
  ).action((data: string | undefined, options: TrainIdentityCommandOptions) =>
    runTraining(options, {
      name: 'edit train-identity',
      unit: 'pictures',
      async begin(say) {
        const { output, held, epochs, resume } = options;
        const changes = { data: absolute(data), held: absolute(held), epochs };
        const run = await (resume
          ? resumeRun(output, IdentityTrainSchema, changes, say)
          : begun(data, options));
        return { run, people: await openPeople(run.config) };
      },
      async train({ run, people: { training, held } }, callbacks) {
        const { result } = await trainIdentity({ run, training, held, ...callbacks });
        return result;
      },
      end: ({ people }) => people.close(),
    }),
  );

interface People {
  readonly training: Portraits;
  readonly held: Portraits;
  close(): Promise<void>;
}

type DataConfig = Pick<IdentityTrainConfig, 'data' | 'held' | 'heldOut' | 'embedder'>;

/** Pictures of people to train on, and of others. @throws InputError when they are missing or too few. */
async function openPeople({ data, held, heldOut, embedder: { size } }: DataConfig): Promise<People> {
  const sets: ImageSet[] = [];
  const close = async () => {
    for (const set of sets) await set.close();
  };
  const open = async (folder: string) => {
    const set = await openImages(picturesIn(folder), { upright: true });
    sets.push(set);
    const ids = await readPeople(folder, set.length);
    return { ids, of: (people: ReadonlySet<number>) => portraits(set, ids, people, size) };
  };
  try {
    const own = await open(data);
    const split = splitPeople(own.ids, heldOut);
    const other = held === null ? undefined : await open(held);
    const all = new Set(own.ids);
    const both = other?.ids.find((id) => all.has(id));
    if (both !== undefined)
      throw new InputError(`${held}: person ${both} is in ${data} too; give other people`);
    const people = other
      ? { training: own.of(all), held: other.of(new Set(other.ids)) }
      : { training: own.of(split.training), held: own.of(split.held) };
    checkPeople(people);
    return { ...people, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Begins a run. Its folder is made when the data have been found good. */
async function begun(
  data: string | undefined,
  { output, held, size, epochs, batchSize, seed }: TrainIdentityCommandOptions,
): Promise<Run<IdentityTrainConfig>> {
  if (data === undefined) {
    throw new InputError(
      'DATA is missing: give the folder of pictures to train on, or --resume to continue a run',
    );
  }
  const config: IdentityTrainConfig = {
    embedder: { size, channels: STAGES, features: 64 },
    data: resolve(data),
    held: held === undefined ? null : resolve(held),
    heldOut: 0.1,
    seed: seed ?? 0,
    scale: 16,
    margin: 0.1,
    epochs: epochs ?? 20,
    batchSize: batchSize ?? 64,
    learningRate: 2e-3,
    weightDecay: 1e-5,
    logEvery: 50,
    checkpointEvery: 500,
    validateEvery: 500,
  };
  await (await openPeople(config)).close();
  return Run.create(output, IdentityTrainSchema, config);
}
