// Heads rendered per minute: node scripts/measure-heads.mjs [size] [threads]; build first.
// Processor time beside time, since other programs may hold the machine's cores.

import { HeadRenderer, HeadSet, renderHead } from '@sextant/heads';

const [size = 64, threads = 2] = process.argv.slice(2).map(Number);
const COUNT = 240;
const set = new HeadSet({ count: COUNT }, { size });
const parameters = Array.from({ length: COUNT }, (_, i) => set.parameters(i));

async function measured(what, task) {
  const [time, before] = [performance.now(), process.cpuUsage()];
  await task();
  const { user, system } = process.cpuUsage(before);
  const [each, processor] = [(performance.now() - time) / COUNT, (user + system) / 1e3 / COUNT];
  const perMinute = Math.round(60_000 / each);
  console.log(
    `${what}: ${processor.toFixed(1)} ms of processor time a picture, ${perMinute} pictures a minute`,
  );
}

for (const when of ['first', 'then']) {
  await measured(`${size} x ${size}, this thread, ${when}`, () => {
    for (const one of parameters) renderHead(one, set.rendering);
  });
}
const renderer = new HeadRenderer(set.rendering, threads);
for (const when of ['first', 'then']) {
  await measured(`${size} x ${size}, ${threads} threads, ${when}`, async () => {
    for await (const _ of renderer.render(parameters));
  });
}
await renderer.close();
