// Views per second of the augmentation: node scripts/measure-views.mjs [threads...]; build first.
// Processor time beside time, since other programs may hold the machine's cores.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encodeJpeg, openListing } from '@sextant/image';
import { PIPELINES, ViewLoader } from '@sextant/represent';

const threadCounts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0, 1, 2];

/** A picture with detail at every scale. */
function drawn(width, height) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [((i / 3) | 0) % width, (i / 3 / width) | 0];
    return 128 + 60 * Math.sin(x / 9 + (i % 3)) + 50 * Math.cos(y / 5) + ((i * 2654435761) % 17);
  });
  return { width, height, data };
}

async function timed(task) {
  const [time, before] = [performance.now(), process.cpuUsage()];
  await task();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - time) / 1e3, processor: (user + system) / 1e6 };
}

const row = (what, count, { seconds, processor }) =>
  console.log(
    `${what}: ${(count / processor).toFixed(0)} per second of processor time, ${(count / seconds).toFixed(0)} per second`,
  );

const folder = await mkdtemp(join(tmpdir(), 'sextant-measure-'));
for (const [name, width, height, batchSize, batches] of [
  ['cifar10', 32, 32, 256, 4],
  ['imagenet', 500, 375, 16, 2],
]) {
  const jpeg = await encodeJpeg(drawn(width, height));
  await writeFile(join(folder, `${name}.jpg`), jpeg);
  const decodes = name === 'cifar10' ? 500 : 30;
  const decoding = await timed(async () => {
    for (let i = 0; i < decodes; i++) await decode(jpeg);
  });
  row(`${name}: decoding JPEG of ${width} x ${height}`, decodes, decoding);
  const image = await decode(jpeg);
  // One picture under many numbers, decoded.
  const count = 4 * batchSize;
  const bytes = new Uint8Array(new SharedArrayBuffer(image.data.length));
  bytes.set(image.data);
  const images = {
    bytes,
    offsets: new Float64Array(count),
    widths: new Int32Array(count).fill(width),
    heights: new Int32Array(count).fill(height),
  };
  const names = new Array(count).fill(`${name}.jpg`);
  const set = openListing({ place: { kind: 'files', folder, names }, skipped: {} });
  for (const threads of threadCounts) {
    const loader = new ViewLoader({
      set,
      images,
      pipeline: PIPELINES[name],
      batchSize,
      threads,
      prefetch: 1,
    });
    // The first batch also starts threads and compiles code.
    await loader.next();
    await loader.next();
    const measured = await timed(async () => {
      for (let i = 0; i < batches; i++) await loader.next();
    });
    row(`${name}: views, ${threads || 'no'} threads`, 2 * batchSize * batches, measured);
    await loader.close();
  }
}
await rm(folder, { recursive: true });
