import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../test/support.js';
import { Run } from './run.js';

const path = temporaryFolder();
const schema = z.strictObject({ rate: z.number().default(0.1), size: z.int() });

describe('Run.create', () => {
  it('writes the whole configuration and can be resumed with it', async () => {
    const run = await Run.create(path('a/b'), schema, { size: 3 });
    expect(run.config).toEqual({ rate: 0.1, size: 3 });
    expect(JSON.parse(await readFile(path('a/b/config.json'), 'utf8'))).toEqual({ rate: 0.1, size: 3 });
    await run.close();
    const again = await Run.resume(path('a/b'), schema);
    expect([again.config, again.configHash, again.resumed]).toEqual([run.config, run.configHash, true]);
    await again.close();
    expect((await readdir(path('a/b'))).sort()).toEqual(['checkpoints', 'config.json']);
  });

  it('refuses a folder that holds a run, or anything else', async () => {
    await (await Run.create(path('c'), schema, { size: 3 })).close();
    await writeFile(path('c/checkpoints/step-00000001.safetensors'), '');
    await expect(Run.create(path('c'), schema, { size: 3 })).rejects.toThrow(
      new InputError(
        `${path('c')} holds a training run already: continue it with --resume, or choose another folder`,
      ),
    );
    await mkdir(path('d'));
    await writeFile(path('d/config.json'), '{}');
    await expect(Run.create(path('d'), schema, { size: 3 })).rejects.toThrow(
      new InputError(`${path('d')} holds files that are not a training run's: choose another folder`),
    );
    expect(await readdir(path('d'))).toEqual(['config.json']);
  });

  it('begins where another was killed before its configuration was written', async () => {
    await mkdir(path('e/checkpoints'), { recursive: true });
    await writeFile(path('e/.config.json.0a1b.tmp'), '{');
    await writeFile(path('e/lock'), '');
    await (await Run.create(path('e'), schema, { size: 3 })).close();
  });

  it('begins anew where a run has no checkpoint yet', async () => {
    await (await Run.create(path('j'), schema, { size: 3 })).close();
    await writeFile(path('j/checkpoints/.step-00000001.safetensors.0a1b.tmp'), '');
    const run = await Run.create(path('j'), schema, { size: 4 });
    await expect(Run.create(path('j'), schema, { size: 5 })).rejects.toThrow('another training');
    await run.close();
    expect([run.config.size, run.resumed]).toEqual([4, false]);
    expect(JSON.parse(await readFile(path('j/config.json'), 'utf8'))).toEqual({ rate: 0.1, size: 4 });
    expect(await readdir(path('j/checkpoints'))).toEqual([]);
  });

  it('makes no folder for a wrong configuration', async () => {
    await expect(Run.create(path('f'), schema, { siez: 3, size: 1 })).rejects.toThrow(
      new InputError('configuration: siez: unknown key; did you mean size?'),
    );
    await expect(readdir(path('f'))).rejects.toThrow('ENOENT');
  });
});

describe('Run.resume', () => {
  it('refuses a folder without a run', async () => {
    await expect(Run.resume(path('none'), schema)).rejects.toThrow(
      new InputError(`${path('none')} holds no training run: leave out --resume to begin one`),
    );
  });

  it('changes the configuration, in its file too, unless a change is wrong', async () => {
    await (await Run.create(path('k'), schema, { size: 3 })).close();
    const file = () => readFile(path('k/config.json'), 'utf8');
    const before = await file();
    await expect(Run.resume(path('k'), schema, { changes: { size: 0.5 } })).rejects.toThrow(InputError);
    expect(await file()).toBe(before);
    const run = await Run.resume(path('k'), schema, { changes: { size: 4 } });
    await run.close();
    expect(run.config).toEqual({ rate: 0.1, size: 4 });
    expect(JSON.parse(await file())).toEqual(run.config);
  });

  it('takes a missing folder of checkpoints for one that holds none', async () => {
    await (await Run.create(path('l'), schema, { size: 3 })).close();
    await rm(path('l/checkpoints'), { recursive: true });
    const run = await Run.resume(path('l'), schema);
    expect(await run.checkpoints.newest(() => {})).toBeUndefined();
    await run.close();
    expect(await readdir(path('l'))).toContain('checkpoints');
  });

  it('names what is wrong in config.json and gives the folder free again', async () => {
    await (await Run.create(path('g'), schema, { size: 3 })).close();
    await writeFile(path('g/config.json'), '{"size": 3, "rte": 1}');
    await expect(Run.resume(path('g'), schema)).rejects.toThrow(
      new InputError(`${path('g/config.json')}: rte: unknown key; did you mean rate?`),
    );
    await writeFile(path('g/config.json'), '{"size": ');
    await expect(Run.resume(path('g'), schema)).rejects.toThrow(`${path('g/config.json')} is not JSON`);
    await writeFile(path('g/config.json'), '{"size": 4}');
    await (await Run.resume(path('g'), schema)).close();
  });

  it('is refused while a training runs', async () => {
    const run = await Run.create(path('h'), schema, { size: 3 });
    await expect(Run.resume(path('h'), schema)).rejects.toThrow(
      `another training (process ${process.pid}) runs in this folder`,
    );
    await expect(Run.create(path('h'), schema, { size: 3 })).rejects.toThrow('another training');
    await run.close();
  });
});

describe('logs', () => {
  it('hold metrics and timing apart, and drop what comes after the step they begin at', async () => {
    const run = await Run.create(path('i'), schema, { size: 3 });
    await run.begin(0);
    run.log(1, 'train', { loss: 2 });
    run.log(2, 'train', { loss: 1 });
    run.logTiming(2, { seconds: 5 });
    await run.flush();
    await run.close();
    const again = await Run.resume(path('i'), schema);
    expect(() => again.log(2, 'train', { loss: 1 })).toThrow('begin(step)');
    await again.begin(1);
    again.log(2, 'validation', { loss: 1.5 });
    await again.close();
    const idle = await Run.resume(path('i'), schema);
    await idle.begin(2);
    await idle.close();
    expect(await readFile(path('i/metrics.jsonl'), 'utf8')).toBe(
      '{"step":1,"split":"train","loss":2}\n{"step":2,"split":"validation","loss":1.5}\n',
    );
    expect(await readFile(path('i/timing.jsonl'), 'utf8')).toBe('');
    expect((await readdir(path('i'))).filter((name) => name.startsWith('events.out.tfevents.'))).toHaveLength(
      2,
    );
  });
});
