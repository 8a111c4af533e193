import { readdir, readFile, writeFile } from 'node:fs/promises';
import { array } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder, variables } from '../test/support.js';
import { readCheckpoint } from './checkpoint.js';
import { checkpointPath } from './checkpoint-folder.js';
import type { ProgressUpdate } from './progress.js';
import { Run } from './run.js';
import { type Cursor, type TrainOptions, train } from './trainer.js';

const path = temporaryFolder();
const schema = z.strictObject({ rate: z.number().default(1) });

/** A training without an engine: `w` sums up what the batches hold. */
class Tiny {
  readonly state = { model: variables({ w: [0] }) };
  readonly loader = {
    cursor: { epoch: 0, index: 0 } as Cursor,
    seek(cursor: Cursor) {
      this.cursor = cursor;
    },
    next() {
      const { epoch, index } = this.cursor;
      this.cursor = index === 4 ? { epoch: epoch + 1, index: 0 } : { epoch, index: index + 1 };
      return Math.sin(epoch * 5 + index);
    },
  };
  readonly done: number[] = [];

  readonly step = async (n: number) => {
    this.done.push(n);
    const w = this.state.model.at('w');
    w.value = array([(w.value.data[0]! as number) + this.loader.next()]);
    return { loss: w.value };
  };
}

/** Trains in a folder, opened anew if it is there. */
async function trained(folder: string, more: Partial<TrainOptions> = {}, tiny = new Tiny()) {
  const exists = (await readdir(path(folder)).catch(() => [] as string[])).includes('config.json');
  const run = exists ? await Run.resume(path(folder), schema) : await Run.create(path(folder), schema, {});
  const messages: string[] = [];
  try {
    const result = await train({
      run,
      steps: 50,
      ...tiny,
      validate: async (n) => ({ error: Math.abs(Math.cos(n)) }),
      best: { metric: 'error' },
      logEvery: 7,
      checkpointEvery: 10,
      onMessage: (line) => messages.push(line),
      ...more,
    });
    return { result, messages, tiny };
  } finally {
    await run.close();
  }
}

const files = async (folder: string) => ({
  metrics: await readFile(path(`${folder}/metrics.jsonl`), 'utf8'),
  last: await readFile(path(`${folder}/checkpoints/step-00000050.safetensors`)),
});

describe('train', () => {
  it('logs averages, validates, saves and ends', async () => {
    const { result, messages } = await trained('plain', { steps: 21, itemsPerStep: 4 });
    expect(result).toEqual({
      step: 21,
      finished: true,
      best: { metric: 'error', value: expect.any(Number), step: 20 },
    });
    expect(messages).toEqual([]);
    const lines = (await readFile(path('plain/metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l));
    expect(lines.map(({ step, split }) => [step, split])).toEqual([
      [7, 'train'],
      [10, 'validation'],
      [14, 'train'],
      [20, 'validation'],
      [21, 'train'],
      [21, 'validation'],
    ]);
    let w = 0;
    let sum = 0;
    for (let n = 0; n < 7; n++) {
      w = Math.fround(w + Math.sin(n));
      sum += w;
    }
    expect(lines[0].loss).toBe(sum / 7);
    const { info } = await readCheckpoint(await checkpointPath(path('plain'), 'latest'));
    expect(info).toMatchObject({ step: 21, cursor: { epoch: 4, index: 1 }, averages: [] });
    const timing = (await readFile(path('plain/timing.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l));
    expect(timing.map((t) => Object.keys(t))).toEqual(Array(3).fill(['step', 'seconds', 'itemsPerSecond']));
  });

  it('tells its progress', async () => {
    const updates: ProgressUpdate[] = [];
    await trained('progress', { itemsPerStep: 4, onProgress: (update) => updates.push(update) });
    expect(updates).toHaveLength(50);
    expect(updates[0]).toEqual({
      step: 1,
      steps: 50,
      epoch: 0,
      metrics: { loss: 0 },
      elapsed: expect.any(Number),
    });
    expect(updates[49]).toMatchObject({ step: 50, epoch: 10, remaining: 0 });
    expect(updates[49]!.rate).toBeGreaterThan(0);
  });

  it('keeps the best checkpoint by either goal, saving where it was found', async () => {
    const errors = [5, 3, 4, 4.5, 6, 7, 8, 9, 9, 9];
    const validate = async (n: number) => ({ error: errors[n / 5 - 1]! });
    const low = await trained('min', { validate, validateEvery: 5, checkpointEvery: 20 });
    expect(low.result.best).toEqual({ metric: 'error', value: 3, step: 10 });
    expect(await checkpointPath(path('min'), 'best')).toBe(path('min/checkpoints/step-00000010.safetensors'));
    expect((await readCheckpoint(path('min/checkpoints/step-00000010.safetensors'))).info.step).toBe(10);
    const high = await trained('max', { validate, validateEvery: 5, best: { metric: 'error', goal: 'max' } });
    expect(high.result.best).toEqual({ metric: 'error', value: 9, step: 40 });
  });
});

describe('resuming', () => {
  it('gives the same files from any step at which it is interrupted', async () => {
    await trained('unbroken');
    const expected = await files('unbroken');
    for (const stop of [1, 7, 10, 33, 49]) {
      const controller = new AbortController();
      const tiny = new Tiny();
      const step = async (n: number) => {
        if (n === stop) controller.abort();
        return tiny.step(n);
      };
      const broken = `stopped${stop}`;
      const options = { step, signal: controller.signal, resumeCommand: 'sextant x train y --resume' };
      const first = await trained(broken, options, tiny);
      expect(first.result).toMatchObject({ step: stop, finished: false });
      expect(first.messages).toEqual([
        `Stopped after step ${stop}. Everything is saved in ${path(broken)}; continue: sextant x train y --resume`,
      ]);
      const second = await trained(broken);
      expect(second.tiny.done[0]).toBe(stop + 1);
      expect(second.messages).toEqual([`Continuing ${path(broken)} after step ${stop}`]);
      expect(await files(broken)).toEqual(expected);
    }
  });

  it('gives the same files after a step that failed', async () => {
    await trained('whole');
    const tiny = new Tiny();
    const step = async (n: number) => {
      if (n === 38) throw new Error('lightning');
      return tiny.step(n);
    };
    await expect(trained('failed', { step }, tiny)).rejects.toThrow('lightning');
    expect(await readFile(path('failed/metrics.jsonl'), 'utf8')).toContain('"step":35');
    const { tiny: again } = await trained('failed');
    expect(again.done[0]).toBe(31);
    expect(await files('failed')).toEqual(await files('whole'));
  });

  it('does not train a finished run again, and continues with more steps', async () => {
    await trained('finished');
    const expected = await files('finished');
    const { result, tiny } = await trained('finished');
    expect(result).toMatchObject({ step: 50, finished: true });
    expect(tiny.done).toEqual([]);
    expect(await files('finished')).toEqual(expected);
    const { tiny: more } = await trained('finished', { steps: 52 });
    expect(more.done).toEqual([51, 52]);
  });

  it('says when config.json has changed', async () => {
    await trained('edited');
    await writeFile(path('edited/config.json'), '{"rate": 2}');
    const { messages } = await trained('edited', { steps: 51 });
    expect(messages[0]).toBe('config.json has changed since step 50: from here on the new one counts');
  });
});

describe('a metric that is not finite', () => {
  const failingAt = (at: number, value: number, tiny: Tiny) => async (n: number) =>
    n === at ? { loss: 1, lossG: value } : tiny.step(n);

  it('stops the training and keeps the last good checkpoint', async () => {
    const tiny = new Tiny();
    await expect(trained('nan', { step: failingAt(38, Number.NaN, tiny) }, tiny)).rejects.toThrow(
      new InputError(
        `step 38: lossG is NaN; the last good checkpoint is ${path('nan/checkpoints/step-00000030.safetensors')}; ` +
          'lower the learning rate in config.json and continue with --resume',
      ),
    );
    expect((await readdir(path('nan/checkpoints'))).sort().at(-1)).toBe('step-00000030.safetensors');
  });

  it('is noticed in the state before it is saved', async () => {
    const tiny = new Tiny();
    const step = async (n: number) => {
      const { loss } = await tiny.step(n);
      // As a gradient that overflows does: this step's loss is fine, the next one's would not be.
      if (n === 20) tiny.state.model.at('w').value = array([Number.NaN]);
      return { loss: loss.item() };
    };
    await expect(trained('weights', { step }, tiny)).rejects.toThrow(
      `step 20: model/w is no longer finite; the last good checkpoint is ${path('weights/checkpoints/step-00000010.safetensors')}`,
    );
  });

  it('before any checkpoint says so; in validation too', async () => {
    const tiny = new Tiny();
    await expect(
      trained('inf', { step: failingAt(3, Number.POSITIVE_INFINITY, tiny) }, tiny),
    ).rejects.toThrow(
      new InputError(
        'step 3: lossG is Infinity; no checkpoint was written before it; lower the learning rate and begin again',
      ),
    );
    await expect(trained('v', { validate: async () => ({ error: Number.NaN }) })).rejects.toThrow(
      'step 10: error is NaN',
    );
  });
});
