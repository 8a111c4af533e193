import { NDArray } from '@sextant/engine';
import { ATTRIBUTES, attributesOf, HeadSet, renderHead, withAttributes } from '@sextant/heads';
import type { Image } from '@sextant/image';
import { expect, it } from 'vitest';
import { HEADS } from '../attributes.js';
import type { Editor } from '../editor.js';
import type { EditMethod } from './method.js';
import { measureTruth, ofHeads } from './truth.js';

const SIZE = 16;
const heads = new HeadSet({ split: 'test', count: 2, seed: 3 }, { size: SIZE });

const codeOf = ({ data }: Image) => new NDArray(Float32Array.from(data), [1, data.length], 'float32');
const pictureOf = ({ data }: NDArray): Image =>
  ({ width: SIZE, height: SIZE, data: Uint8Array.from(data, Number) }) as Image;

/** Codes are the pixels themselves. */
const editor = {
  parts: { synthesizer: { config: { size: SIZE } } },
  nearest: async (picture: Image) => ({ code: codeOf(picture) }),
  render: async (codes: readonly NDArray[]) => codes.map(pictureOf),
  look: async (codes: readonly NDArray[]) => codes.map(() => ({ light: [], attributes: [] })),
} as unknown as Editor;

/** Knows the head, and goes half of the way to the truth. */
const half: EditMethod = {
  name: 'half',
  async edit(code, _, [[index, value] = [0, 0]]) {
    const head = [0, 1].find((i) => codeOf(heads.head(i).image).data.join() === code.data.join())!;
    const attributes = attributesOf(heads.parameters(head));
    const [low, high] = ATTRIBUTES[index]!.range;
    // The farther quarter of the slider.
    expect((value - low) / (high - low)).toBe(attributes[index]! <= (low + high) / 2 ? 0.75 : 0.25);
    attributes[index] = value;
    const { image } = renderHead(withAttributes(heads.parameters(head), attributes), { size: SIZE });
    return new NDArray(
      Float32Array.from(code.data, (v, p) => (Number(v) + image.data[p]!) / 2),
      code.shape,
      'float32',
    );
  },
};

it('compares the changes of edits with those of the truth', async () => {
  expect(ofHeads(HEADS)).toBe(true);
  const [edited, target] = await measureTruth(editor, [half], { count: 2, seed: 3 });
  expect([edited!.method, target!.method]).toEqual(['half', 'target']);
  for (const k of ATTRIBUTES.keys()) {
    expect(target!.way[k]).toBeCloseTo(1, 10);
    expect(target!.cosine[k]).toBeCloseTo(1, 10);
    // But for the rounding of levels.
    expect(edited!.way[k]).toBeCloseTo(0.5, 1);
    expect(edited!.cosine[k]).toBeGreaterThan(0.95);
  }
});
