// How strange heads and other pictures are to a model: node scripts/measure-strangeness.mjs MODEL [pictures of each kind] [folder of photographs]; build first.
// What the thresholds STRANGEST of packages/edit/src/resemblance.ts were chosen by. By the encoder where the model has one.

import { loadEditor } from '@sextant/edit';
import { Generator } from '@sextant/engine';
import { HeadSet } from '@sextant/heads';
import { blank, openImages, resize } from '@sextant/image';

const [model, count = '8', photographs] = process.argv.slice(2);
const editor = await loadEditor(model);
const { size } = editor.parts.synthesizer.config;
const random = new Generator(3);
const times = (make) => Promise.all(Array.from({ length: Number(count) }, (_, i) => make(i)));

const color = () => [0, 1, 2].map(() => random.uniform(0, 1));
const between = (a, b, t) => a.map((v, k) => v + (b[k] - v) * Math.min(1, Math.max(0, t)));

/** A picture whose colours are a function of places from 0 to 1. */
function painted(paint) {
  const image = blank(size, size);
  for (let i = 0; i < size * size; i++) {
    image.data.set(
      paint((i % size) / size, Math.floor(i / size) / size).map((v) => 255 * v),
      3 * i,
    );
  }
  return image;
}

function gradient() {
  const [from, to, angle] = [color(), color(), random.uniform(0, 2 * Math.PI)];
  return painted((x, y) =>
    between(from, to, 0.5 + (x - 0.5) * Math.cos(angle) + (y - 0.5) * Math.sin(angle)),
  );
}

/** Three hills under a sky. */
function landscape() {
  const [high, low] = [between([0.4, 0.6, 0.9], color(), 0.3), between([0.8, 0.85, 0.95], color(), 0.2)];
  const hills = [0.45, 0.6, 0.75].map((top) => ({
    top,
    tint: between([0.2, 0.4, 0.15], color(), 0.35),
    phase: random.uniform(0, 6),
    waves: random.uniform(3, 9),
    height: random.uniform(0.04, 0.12),
  }));
  return painted((x, y) => {
    const hill = hills.findLast(
      ({ top, phase, waves, height }) => y > top + height * Math.sin(phase + waves * x),
    );
    if (!hill) return between(high, low, y / 0.6);
    const shade = hill.tint.map((v) => 0.6 * v);
    return between(hill.tint, shade, 2 * (y - hill.top));
  });
}

const heads = new HeadSet({ split: 'val', count: Number(count) }, { size });
const kinds = {
  own: async () => editor.render(await editor.sample(Number(count), { seed: 77, truncation: 1 })),
  heads: () => times((i) => heads.load(i)),
  noise: () => times(() => painted(color)),
  gradients: () => times(gradient),
  blank: () =>
    times(() => {
      const one = color();
      return painted(() => one);
    }),
  landscapes: () => times(landscape),
  ...(photographs !== undefined && {
    photographs: async () => {
      const set = await openImages(photographs);
      const pictures = await times(async () => {
        const picture = await set.load(Math.floor(random.uniform(0, set.length)));
        return resize(picture, size, size, 'bilinear');
      });
      await set.close();
      return pictures;
    },
  }),
};

for (const [kind, make] of Object.entries(kinds)) {
  const found = [];
  for (const picture of await make()) {
    found.push((await editor.nearest(picture)).strangeness);
  }
  found.sort((a, b) => a - b);
  const [least, median, most] = [0, 0.5, 1].map((q) => found[Math.floor(q * (found.length - 1))].toFixed(2));
  const refused = found.filter((v) => v > editor.strangest).length;
  console.log(`${kind}: ${least} to ${most}, median ${median}; ${refused} of ${found.length} refused`);
}
await editor.release();
