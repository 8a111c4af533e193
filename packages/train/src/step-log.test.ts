import { readFile, writeFile } from 'node:fs/promises';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { StepLog } from './step-log.js';

const path = temporaryFolder();
const line = (step: number, rest = '') => `{"step":${step}${rest}}\n`;

describe('StepLog', () => {
  it('writes a line per call', async () => {
    const log = await StepLog.open(path('new'), 0);
    log.append({ step: 10, loss: 0.1 + 0.2, split: 'train' });
    expect(await readFile(path('new'), 'utf8')).toBe(
      '{"step":10,"loss":0.30000000000000004,"split":"train"}\n',
    );
    await log.flush();
    log.close();
  });

  it.each([
    ['later steps', line(1) + line(2, ',"é":1') + line(3) + line(4), 2, line(1) + line(2, ',"é":1')],
    ['two lines of one step', line(1) + line(2) + line(2) + line(3), 2, line(1) + line(2) + line(2)],
    ['everything', line(1) + line(2), 0, ''],
    ['nothing', line(1) + line(2), 9, line(1) + line(2)],
    ['a line that is not whole', `${line(1)}{"step":2,"lo`, 9, line(1)],
    ['what follows a damaged line', `${line(1)}\0\0\0\n${line(3)}`, 9, line(1)],
    ['a line of no step', `${line(1)}{"loss":1}\n${line(3)}`, 9, line(1)],
  ])('cuts off %s and continues', async (name, text, step, kept) => {
    await writeFile(path(name), text);
    const log = await StepLog.open(path(name), step);
    log.append({ step: 99 });
    log.close();
    expect(await readFile(path(name), 'utf8')).toBe(kept + line(99));
  });

  it('names the file it cannot write', async () => {
    await expect(StepLog.open(path('none/log'), 0)).rejects.toThrow(
      new InputError(`cannot write ${path('none/log')}: no such file or folder; check the path`),
    );
  });
});
