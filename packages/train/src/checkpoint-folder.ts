/**
 * @module The checkpoints of a run: which are kept, which is the newest whole one, which is the best.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, InputError, readFile, within, writeFile } from '@sextant/io';
import {
  type Checkpoint,
  type CheckpointInfo,
  decodeCheckpoint,
  type State,
  writeCheckpoint,
} from './checkpoint.js';

/** `step-00001000.safetensors` */
const fileName = (step: number): string => `step-${String(step).padStart(8, '0')}.safetensors`;
const FILE_NAME = /^step-(\d{8,})\.safetensors$/;

/**
 * A folder of `step-00001000.safetensors` files. The small text files `latest` and `best` each hold the name of
 * one of them; they are for people and for {@link checkpointPath}: a training continues from the newest
 * whole file, whatever they say.
 */
export class CheckpointFolder {
  /**
   * @param folder - must exist before a checkpoint is saved.
   * @param keep - how many of the newest checkpoints are kept; the best one is kept as well.
   */
  constructor(
    readonly folder: string,
    readonly keep = 3,
  ) {}

  path(step: number): string {
    return join(this.folder, fileName(step));
  }

  /** The steps that have a checkpoint, the latest first; none where the folder is missing. */
  async steps(): Promise<number[]> {
    const steps = (await namesIn(this.folder)).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((a, b) => b - a);
  }

  /** Writes a checkpoint, then points to it and removes what need not be kept. */
  async save(state: State, info: CheckpointInfo): Promise<void> {
    await writeCheckpoint(this.path(info.step), state, info);
    const steps = await this.steps();
    await this.point(info, steps);
    const old = steps.slice(this.keep).filter((step) => step !== info.best?.step);
    await Promise.all(old.map((step) => rm(this.path(step), { force: true })));
  }

  /**
   * The newest checkpoint that is whole; undefined when there is none at all. Damaged ones that are newer are
   * set aside under the name `….damaged`, and `warn` is told.
   *
   * @throws InputError when there are checkpoints but all are damaged, or one cannot be read.
   */
  async newest(warn: (line: string) => void): Promise<Checkpoint | undefined> {
    const steps = await this.steps();
    if (steps.length === 0) return undefined;
    const damaged: string[] = [];
    for (const step of steps) {
      const path = this.path(step);
      const bytes = await readFile(path);
      let checkpoint: Checkpoint;
      try {
        checkpoint = within(path, () => decodeCheckpoint(path, bytes));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        warn(`${error.message}; using the checkpoint before it`);
        damaged.push(path);
        continue;
      }
      for (const file of damaged) await rename(file, `${file}.damaged`);
      await this.point(checkpoint.info, steps.slice(damaged.length));
      return checkpoint;
    }
    throw new InputError(`${this.folder}: every checkpoint is damaged; begin a new run in another folder`);
  }

  /** Removes what writes that were killed have left behind. */
  async removeLeftovers(): Promise<void> {
    const names = await namesIn(this.folder);
    const left = names.filter((name) => name.startsWith('.') && name.endsWith('.tmp'));
    await Promise.all(left.map((name) => rm(join(this.folder, name), { force: true })));
  }

  /** Makes `latest` and `best` say what a checkpoint's information says. */
  private async point({ step, best }: CheckpointInfo, steps: readonly number[]): Promise<void> {
    await this.write('latest', step);
    if (best && steps.includes(best.step)) await this.write('best', best.step);
    else await rm(join(this.folder, 'best'), { force: true });
  }

  private async write(name: string, step: number): Promise<void> {
    await writeFile(join(this.folder, name), [Buffer.from(`${fileName(step)}\n`)]);
  }
}

/**
 * The file that `latest` or `best` of a run names.
 *
 * @param runFolder - the run's folder.
 * @throws InputError when the run has no such checkpoint yet.
 */
export async function checkpointPath(runFolder: string, which: 'latest' | 'best'): Promise<string> {
  const folder = join(runFolder, 'checkpoints');
  if (!(await namesIn(folder)).includes(which)) {
    const kind = which === 'best' ? ' that was validated' : '';
    throw new InputError(`${runFolder} has no checkpoint${kind} yet: train until one is written`);
  }
  const name = Buffer.from(await readFile(join(folder, which)))
    .toString('utf8')
    .trim();
  if (!FILE_NAME.test(name)) throw new InputError(`${join(folder, which)} does not name a checkpoint`);
  return join(folder, name);
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw fileError('read', folder, error);
  });
}
