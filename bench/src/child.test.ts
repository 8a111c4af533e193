import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { Absent, Child } from './child.js';
import { serve } from './serve.js';

const folder = mkdtempSync(join(tmpdir(), 'bench-child-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a process of the given source; `say(x)` answers, `lines` are the questions. */
function started(name: string, body: string) {
  const script = join(folder, `${name}.mjs`);
  const prelude = `import { createInterface } from 'node:readline';
    const say = (x) => process.stdout.write(JSON.stringify(x) + '\\n');
    const lines = createInterface({ input: process.stdin });`;
  writeFileSync(script, `${prelude}\n${body}`);
  const options = { job: name, threads: 1, folder };
  return Child.start({ executable: process.execPath, script, options });
}

describe('a process', () => {
  test('gets its options, counts its runs, and ends with its input', async () => {
    const { child, ready } = await started(
      'echo',
      `say({ ready: { versions: { job: JSON.parse(process.argv[2]).job } } });
       for await (const line of lines) say({ ms: JSON.parse(line).run + 0.5, peakRssMb: 7 });`,
    );
    expect(ready.versions).toEqual({ job: 'echo' });
    expect(await child.run()).toEqual({ ms: 0.5, peakRssMb: 7 });
    expect(await child.run()).toEqual({ ms: 1.5, peakRssMb: 7 });
    await child.close();
    await child.close();
  });

  test('that reports an error goes on', async () => {
    const { child } = await started(
      'once',
      `say({ ready: { versions: {} } });
       for await (const line of lines) say(JSON.parse(line).run ? { ms: 1 } : { error: 'not yet' });`,
    );
    await expect(child.run()).rejects.toThrow('not yet');
    expect(await child.run()).toEqual({ ms: 1 });
    await child.close();
  });

  test('that lacks something is absent', async () => {
    const start = started('lacking', `say({ skipped: 'no such library' }); lines.close();`);
    await expect(start).rejects.toThrow(new Absent('no such library'));
  });

  test('whose executable is missing is absent', async () => {
    const options = { job: '', threads: 1, folder };
    const start = Child.start({ executable: join(folder, 'none'), script: '', options });
    await expect(start).rejects.toThrow(Absent);
    await expect(start).rejects.toThrow(/none could not be started \(ENOENT\)/);
  });

  test('that ends says why', async () => {
    const start = started('broken', `throw new TypeError('out of luck');`);
    await expect(start).rejects.toThrow('its process ended: TypeError: out of luck');
  });

  test('that does not speak JSON is named', async () => {
    const start = started('chatty', `console.log('hello'); lines.close();`);
    await expect(start).rejects.toThrow('said "hello" instead of JSON');
  });
});

describe('serve', () => {
  const answers = async (jobs: Parameters<typeof serve>[0], job: string, questions: number) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.end('{"run": 0}\n'.repeat(questions));
    await serve(jobs, { argument: JSON.stringify({ job, threads: 3, folder }), input, output });
    const text = String(output.read());
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  test('answers each question with time and memory', async () => {
    const [first, ...rest] = await answers(
      { job: async ({ threads }) => ({ note: 'n', run: async () => ({ ms: threads, digest: 1 }) }) },
      'job',
      2,
    );
    expect(first).toEqual({ ready: { versions: { node: process.versions.node }, note: 'n' } });
    expect(rest).toHaveLength(2);
    for (const reply of rest) {
      expect(reply).toMatchObject({ ms: 3, digest: 1 });
      expect(reply.peakRssMb).toBeGreaterThan(10);
    }
  });

  test('reports errors of runs', async () => {
    const jobs = { job: async () => ({ run: () => Promise.reject(new Error('no')) }) };
    expect((await answers(jobs, 'job', 1))[1]).toEqual({ error: 'no' });
  });

  test('says what is absent, and throws what is wrong', async () => {
    const absent = { job: () => Promise.reject(new Absent('not there')) };
    expect(await answers(absent, 'job', 1)).toEqual([{ skipped: 'not there' }]);
    await expect(answers({}, 'other', 1)).rejects.toThrow('there is no job other');
  });
});
