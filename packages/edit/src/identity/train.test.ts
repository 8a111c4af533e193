import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, NDArray } from '@sextant/engine';
import type { ImageSet } from '@sextant/image';
import { writeNpy } from '@sextant/io';
import { Run } from '@sextant/train';
import { afterAll, expect, it } from 'vitest';
import { portraits, readPeople, splitPeople } from './data.js';
import { Recognizer } from './recognizer.js';
import { IdentityTrainSchema, trainIdentity } from './train.js';
import { decodeIdentity, embedderOf, encodeIdentity } from './weights.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-identity-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [PEOPLE, FRAMES, SIZE] = [40, 8, 8];

/** A person is a colour, shown at some brightness with noise. */
function people() {
  const random = new Generator(1);
  const colors = Array.from({ length: PEOPLE }, () => [0, 1, 2].map(() => random.uniform(60, 200)));
  const images = Array.from({ length: PEOPLE * FRAMES }, (_, i) => {
    const brightness = random.uniform(0.8, 1.2);
    const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) =>
      Math.min(255, colors[Math.floor(i / FRAMES)]![at % 3]! * brightness + random.uniform(-20, 20)),
    );
    return { width: SIZE, height: SIZE, data };
  });
  const ids = Int32Array.from(images, (_, i) => 100 + 3 * Math.floor(i / FRAMES));
  return { images, ids, set: { length: images.length, load: async (i: number) => images[i]! } as ImageSet };
}

it('tells people apart whom it has not seen, and keeps that in a file', async () => {
  const { images, ids, set } = people();
  const parts = splitPeople(ids, 0.25);
  expect([parts.training.size, parts.held.size]).toEqual([30, 10]);
  const [training, held] = [parts.training, parts.held].map((who) => portraits(set, ids, who, SIZE));
  expect([training!.length, held!.length, held!.people[8]]).toEqual([240, 80, 1]);
  const config = {
    embedder: { size: SIZE, channels: [8, 16], features: 8 },
    data: 'people',
    held: null,
    heldOut: 0.25,
    seed: 1,
    scale: 16,
    margin: 0.1,
    epochs: 10,
    batchSize: 40,
    learningRate: 1e-2,
    weightDecay: 0,
    logEvery: 10,
    checkpointEvery: 100,
    validateEvery: 30,
  };
  const run = await Run.create(join(folder, 'run'), IdentityTrainSchema, config);
  const { embedder } = await trainIdentity({ run, training: training!, held: held! });
  await run.close();
  const last = JSON.parse(readFileSync(join(folder, 'run/metrics.jsonl'), 'utf8').trim().split('\n').at(-1)!);
  expect(last.equalError).toBeLessThan(0.25);
  expect(last.accuracy).toBeGreaterThan(0.75);
  expect(embedder.threshold.value.item()).toBeCloseTo(last.threshold, 5);

  const weights = { config: { embedder: config.embedder }, state: embedder.stateDict() };
  const recognizer = new Recognizer(embedderOf(decodeIdentity(encodeIdentity(weights))));
  expect(recognizer.threshold).toBeCloseTo(last.threshold, 5);
  const [a, again, other] = await recognizer.embed([images[0]!, images[1]!, images[FRAMES]!]);
  expect(Math.hypot(...a!)).toBeCloseTo(1, 5);
  const cosine = (x: Float32Array, y: Float32Array) => x.reduce((s, v, i) => s + v * y[i]!, 0);
  expect(cosine(a!, again!)).toBeGreaterThan(cosine(a!, other!));
  await recognizer.release();
});

it('says what is wrong with the people', async () => {
  await expect(readPeople(folder, 3)).rejects.toThrow(/person.npy: no such file/);
  await writeNpy(join(folder, 'person.npy'), new NDArray(Float32Array.of(1, 2.5), [2], 'float32'));
  await expect(readPeople(folder, 3)).rejects.toThrow(/shape \[2\]; 3 numbers are needed/);
  await expect(readPeople(folder, 2)).rejects.toThrow(/value 1 is 2.5, no whole number/);
});
