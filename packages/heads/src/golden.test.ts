import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeSafetensors } from '@sextant/io/web';
import { describe, expect, it } from 'vitest';
import type { HeadParameters } from './parameters.js';
import { renderHead } from './render.js';

/** Renderings by the prototype of section 10, beside the checkout; not part of it. */
const GOLDENS = fileURLToPath(new URL('../../../../shared/goldens/avatar', import.meta.url));
const present = existsSync(GOLDENS);
if (!present) console.warn(`reference renderings: skipped, there is no ${GOLDENS}`);

type Triple = readonly [number, number, number];

interface Config extends Omit<HeadParameters, 'person' | 'baldness' | 'identity' | 'shift' | 'background'> {
  readonly image_size: number;
  readonly supersampling: number;
  readonly bald: number;
  readonly id: readonly number[];
  readonly tx: number;
  readonly ty: number;
  /** Top, then bottom. */
  readonly bg: readonly [...Triple, ...Triple];
}

describe.skipIf(!present)('reference renderings', () => {
  it.each(['front', 'turned'])('%s', (name) => {
    const folder = `${GOLDENS}/synthetic-head-${name}`;
    const { config } = JSON.parse(readFileSync(`${folder}/case.json`, 'utf8')) as { config: Config };
    const { image_size: size, supersampling, bald, id, tx, ty, bg } = config;
    const parameters: HeadParameters = {
      ...config,
      person: 0,
      baldness: bald,
      identity: id,
      shift: [tx, ty],
      background: [
        [bg[0], bg[1], bg[2]],
        [bg[3], bg[4], bg[5]],
      ],
    };
    const { image, mask, landmarks } = renderHead(parameters, { size, supersampling });
    const { tensors } = decodeSafetensors(readFileSync(`${folder}/expected.safetensors`));
    const expected = (tensor: string) => tensors.get(tensor)!.data as Float32Array;
    expect([...mask]).toEqual([...expected('mask')]);
    for (const [i, v] of expected('landmarks').entries()) expect(landmarks[i]).toBeCloseTo(v, 4);
    let furthest = 0;
    for (const [i, v] of expected('image').entries()) {
      const [channel, pixel] = [Math.floor(i / size ** 2), i % size ** 2];
      furthest = Math.max(furthest, Math.abs(image.data[3 * pixel + channel]! - 255 * v));
    }
    // Half a level is rounding.
    expect(furthest).toBeLessThan(0.51);
  });
});
