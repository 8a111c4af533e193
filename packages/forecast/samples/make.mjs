// Makes load.csv: the hourly load of eight districts over six weeks, with days, weeks, noise and a few gaps.
import { writeFileSync } from 'node:fs';
import { Generator } from '@sextant/engine';

const names = ['north', 'south', 'east', 'west', 'harbour', 'campus', 'mall', 'works'];
const random = new Generator(7);
const districts = names.map((_, i) => ({
  level: 60 + 45 * i,
  swing: 0.15 + 0.05 * (i % 4),
  weekend: i % 3 === 0 ? 0.75 : 1.05,
  peak: 13 + (i % 5),
  drift: 0,
}));
const lines = [['timestamp', ...names]];
for (let hour = 0; hour < 42 * 24; hour++) {
  const time = new Date(Date.UTC(2024, 0, 1, hour)).toISOString();
  const free = Math.floor(hour / 24) % 7 >= 5;
  const values = districts.map((d, i) => {
    d.drift = 0.97 * d.drift + random.uniform(-0.02, 0.02);
    const day = 1 + d.swing * Math.cos((2 * Math.PI * ((hour % 24) - d.peak)) / 24);
    const value = d.level * day * (free ? d.weekend : 1) * (1 + d.drift + random.uniform(-0.04, 0.04));
    return i === 2 && hour >= 500 && hour < 506 ? '' : Math.round(value);
  });
  lines.push([`${time.slice(0, 10)} ${time.slice(11, 16)}`, ...values]);
}
writeFileSync(new URL('./load.csv', import.meta.url), lines.map((line) => `${line.join(',')}\n`).join(''));
