// Makes the pictures of the README: node packages/heads/pictures/make.mjs; build first.
import { fileURLToPath } from 'node:url';
import { frameOf, HeadSet, personOf, renderHead } from '@sextant/heads';
import { sheet, writeJpeg } from '@sextant/image';

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const size = 96;
const head = (parameters) => renderHead(parameters, { size, supersampling: 3 }).image;

const set = new HeadSet({}, { size });
const people = Array.from({ length: 24 }, (_, i) => head(set.parameters(i)));
await writeJpeg(at('heads.jpg'), sheet(people, { columns: 8, cell: size }), 85);

// One thing changes in each row.
const somebody = {
  ...personOf(14),
  ...frameOf(5),
  gender: 0,
  glasses: 0,
  beard: 0,
  baldness: 0.2,
  age: 0.3,
  skin: 0.25,
  hair: 0.3,
  smile: 0,
  mouth: 0.2,
  yaw: 0,
  pitch: 0,
  roll: 0,
  light: [0.8, -0.1, 0.4, 0, 0, 0, 0, 0, 0],
};
const rows = [
  (v) => ({ yaw: 45 * v }),
  (v) => ({ pitch: 20 * v }),
  (v) => ({ age: (v + 1) / 2 }),
  (v) => ({ beard: (v + 1) / 2 }),
  (v) => ({ baldness: (v + 1) / 2 }),
  (v) => ({ glasses: Number(v > 0) }),
  (v) => ({ gender: v }),
  (v) => ({ smile: v, mouth: 0.3 }),
  (v) => ({ light: somebody.light.map((l, k) => (k === 3 ? 0.35 * v : l)) }),
];
const changed = rows.flatMap((change) =>
  [-1, -0.5, 0, 0.5, 1].map((v) => head({ ...somebody, ...change(v) })),
);
await writeJpeg(at('attributes.jpg'), sheet(changed, { columns: 5, cell: size }), 85);
