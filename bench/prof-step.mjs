import { createRuntime, mean, mul, program, setDefaultRuntime } from '@sextant/engine';
import { Adam } from '@sextant/nn';
import { batch, network } from './dist/represent/work.js';

const out = process.argv[2];
const rt = createRuntime({ threads: 1, ...(out ? { profile: out } : {}) });
setDefaultRuntime(rt);
const model = network();
const optimizer = new Adam(model.parameters(), { learningRate: 1e-3 });
const update = program(
  (images, weights) => {
    const loss = mean(mul(model.forward(images), weights));
    optimizer.minimize(loss);
    return loss;
  },
  { name: 'step' },
);
const { images, weights } = batch();
for (let i = 0; i < 4; i++) {
  const t = process.hrtime.bigint();
  await update(images, weights);
  console.log(Number(process.hrtime.bigint() - t) / 1e6);
}
await update.release?.();
rt.endProfiling?.();
