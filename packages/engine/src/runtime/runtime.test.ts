import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import type { Device } from '../compile/lowering.js';
import { NOWHERE, TensorError } from '../errors.js';
import { array } from '../ndarray.js';
import { add } from '../ops/elementwise.js';
import { relu, tanh } from '../ops/functions.js';
import { matmul } from '../ops/linalg.js';
import { sum } from '../ops/reduce.js';
import { program } from '../program.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';
import { Variable } from '../variable.js';
import { createRuntime } from './default.js';
import { formatProfile, type Profile, summarizeProfile } from './profile.js';
import { createRuntime as createWebRuntime } from './web.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-runtime-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const matrix = array([
  [1, 2],
  [3, 4],
]);

/** Runs a script on the built engine in a process of its own. */
const runEngine = (script: string, env: Record<string, string> = {}) =>
  spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const engine = await import('${new URL('../../dist/index.js', import.meta.url)}');${script}`,
    ],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );

describe('devices', () => {
  const message = (make: () => unknown): string => {
    try {
      make();
      return '';
    } catch (e) {
      return (e as Error).message;
    }
  };
  it('the CPU is the default', () => {
    expect(createRuntime().device).toBe('cpu');
  });
  const cudaLibrary = join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
    `bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`,
  );
  const lacksCuda = listSupportedBackends().some((b) => b.name === 'cuda') && !existsSync(cudaLibrary);
  it('a device of another platform is refused with the choices there are', () => {
    const missing: Device = process.platform === 'darwin' ? 'dml' : 'coreml';
    const text = message(() => createRuntime({ device: missing }));
    const [, names] = new RegExp(`^device ${missing}: it is not available here \\(available: (.*)\\)$`).exec(
      text,
    )!;
    const available = names!.split(', ');
    expect(available[0]).toBe('cpu');
    expect(available).not.toContain('tensorrt');
    if (lacksCuda) expect(available).not.toContain('cuda');
  });
  it.skipIf(!lacksCuda)('cuda tells the command that installs its files', () => {
    const text = message(() => createRuntime({ device: 'cuda' }));
    const [, script] =
      /^device cuda: its files are not installed; run: node (\S+) --onnxruntime-node-install=cuda12$/.exec(
        text,
      )!;
    expect(existsSync(script!)).toBe(true);
    // The script knows the flag: with `skip` it ends at once, without one it would go to the network.
    execFileSync(process.execPath, [script!, '--onnxruntime-node-install=skip']);
    expect(readFileSync(script!, 'utf8')).toContain('--onnxruntime-node-install=cuda12');
  });
  it.each([0, -1, 1.5, 1025, 1e9, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d threads are refused',
    (threads) => {
      const refusal = `threads: must be a whole number from 1 to 1024, not ${threads}`;
      expect(message(() => createRuntime({ threads }))).toBe(refusal);
      expect(message(() => createWebRuntime({ threads }))).toBe(refusal);
    },
  );
  it.skipIf(process.platform !== 'linux')('webgpu without a GPU is one line', () => {
    const child = runEngine(
      `const { createRuntime, exp, program } = engine;
      const f = program((x) => exp(x), { runtime: createRuntime({ device: 'webgpu' }) });
      await f(1).catch((e) => console.log(e.message));`,
      { VK_DRIVER_FILES: join(folder, 'none.json') },
    );
    expect(child.stdout).toBe('device webgpu: no usable GPU was found on this machine; use device cpu\n');
  });
  it('the number of threads changes nothing but time', async () => {
    const results = [];
    for (const threads of [1, 2, availableParallelism() + 1]) {
      const f = program((x: Tensor) => matmul(x, x), { runtime: createRuntime({ threads }) });
      results.push([...(await f(matrix)).data]);
    }
    expect(results).toEqual(results.map(() => [7, 10, 15, 22]));
  });
  it('a browser has its own devices and no files', () => {
    expect(message(() => createWebRuntime({ device: 'cuda' }))).toBe(
      'device cuda: it is not available in a browser (available: wasm, webgpu)',
    );
    expect(message(() => createWebRuntime({ device: 'webgpu' }))).toBe(
      'device webgpu: it is not available in this browser; use device wasm',
    );
    expect(message(() => createWebRuntime({ profile: 'x.json' }))).toMatch(
      /^profile: a browser has no files/,
    );
  });
});

describe('profile', () => {
  const model = (x: Tensor) =>
    scope('net', () => {
      const hidden = scope('layer0', () => relu(matmul(x, x)));
      return scope('layer1', () => tanh(matmul(hidden, x)));
    });

  it('is one Chrome trace of all programs at the given path', async () => {
    const path = join(folder, 'out.json');
    const runtime = createRuntime({ profile: path });
    const forward = program(model, { runtime, name: 'forward' });
    const n = new Variable(array(0));
    const count = program(
      () => {
        n.assign(add(n, 1));
        return [];
      },
      { runtime, name: 'count' },
    );
    for (let i = 0; i < 3; i++) {
      await forward(matrix);
      await count();
    }
    await count.release();
    runtime.endProfiling();
    expect(readdirSync(folder)).toEqual(['out.json']);

    const text = readFileSync(path, 'utf8');
    const { traceEvents } = JSON.parse(text) as Profile;
    expect(traceEvents.filter((e) => e.ph === 'M').map((e) => e.args.name)).toEqual(['forward', 'count']);
    for (const e of traceEvents) {
      expect(e.name).not.toMatch(/_kernel_time|_\d+$/);
      expect(e.ts).toBeGreaterThanOrEqual(0);
      expect(e.dur).toBeGreaterThanOrEqual(0);
    }
    expect(traceEvents.filter((e) => e.name === 'net/layer0/matmul')).toHaveLength(3);

    const byOp = summarizeProfile(text);
    expect(Object.fromEntries(byOp.map((r) => [r.name, r.calls]))).toEqual({
      matmul: 6,
      relu: 3,
      tanh: 3,
      add: 3,
    });
    expect(byOp.reduce((s, r) => s + r.share, 0)).toBeCloseTo(1, 9);
    const byScope = summarizeProfile(text, 'scope');
    expect(byScope.map((r) => r.name).sort()).toEqual(['(none)', 'net/layer0', 'net/layer1']);
    expect(summarizeProfile(text, 'onnx').map((r) => r.name)).toContain('MatMul');

    // Later runs go on, unprofiled.
    expect((await forward(array([[0]]))).item()).toBe(0);
    runtime.endProfiling();
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('tells gradients from what they derive from', async () => {
    const path = join(folder, 'gradient.json');
    const runtime = createRuntime({ profile: path });
    const f = program((x: Tensor) => grad(sum(model(x)), x), { runtime });
    await f(matrix);
    runtime.endProfiling();
    const byScope = summarizeProfile(readFileSync(path, 'utf8'), 'scope').map((r) => r.name);
    for (const name of ['net/layer1', 'grad/net/layer0', 'grad/net/layer1']) expect(byScope).toContain(name);
  });

  it('is completed when the process exits', () => {
    const path = join(folder, 'exit.json');
    const child = runEngine(
      `const { array, createRuntime, exp, program } = engine;
      const f = program((x) => exp(x), { runtime: createRuntime({ profile: ${JSON.stringify(path)} }) });
      await f(array([1, 2]));
      process.exit(3);`,
    );
    expect(child.stderr).toBe('');
    expect(child.status).toBe(3);
    expect(summarizeProfile(readFileSync(path, 'utf8')).map((r) => [r.name, r.calls])).toEqual([['exp', 1]]);
  });

  it('refuses a path that cannot be written, before anything runs, and leaves nothing behind', () => {
    const missing = join(folder, 'none', 'out.json');
    expect(() => createRuntime({ profile: missing })).toThrow(
      new TensorError('profile', `cannot write ${missing}: ENOENT: no such file or directory`, NOWHERE),
    );
    const before = readdirSync(folder);
    expect(() => createRuntime({ profile: folder })).toThrow(/it is not a regular file; give the path/);
    createRuntime({ profile: join(folder, 'later.json') });
    expect(readdirSync(folder)).toEqual(before);
  });

  it.skipIf(process.platform !== 'linux')('a disk that is full by then keeps no part of it', () => {
    const [work, temporary] = [mkdtempSync(join(folder, 'full-')), mkdtempSync(join(folder, 'tmp-'))];
    const child = runEngine(
      `const { array, createRuntime, exp, program } = engine;
      const fs = await import('node:fs');
      const runtime = createRuntime({ profile: ${JSON.stringify(join(work, 'p.json'))} });
      await program((x) => exp(x), { runtime })(array([1, 2]));
      fs.symlinkSync('/dev/full', ${JSON.stringify(work)} + '/.p.json.' + process.pid);
      try { runtime.endProfiling(); } catch (error) { console.log(error.message); }`,
      { TMPDIR: temporary },
    );
    expect(child.stdout).toBe(
      `profile: cannot write ${join(work, 'p.json')}: ENOSPC: no space left on device\n`,
    );
    const left = [work, temporary].flatMap((f) => readdirSync(f));
    // The rest is ONNX Runtime's own.
    expect(left.filter((name) => /p\.json|sextant/.test(name))).toEqual([]);
  });

  it('summaries are ordered, and print as a table', () => {
    const event = (name: string, dur: number) => ({
      ...{ name, dur, cat: 'op', ph: 'X', pid: 0, tid: 0, ts: 0 },
      args: { operator: 'Op' },
    });
    const traceEvents = [event('a/conv1d', 1000), event('b/c/conv1d', 2000), event('tanh', 1000)];
    const rows = summarizeProfile({ traceEvents });
    expect(rows).toEqual([
      { name: 'conv1d', calls: 2, milliseconds: 3, share: 0.75 },
      { name: 'tanh', calls: 1, milliseconds: 1, share: 0.25 },
    ]);
    expect(summarizeProfile({ traceEvents }, 'scope').map((r) => r.name)).toEqual(['b/c', 'a', '(none)']);
    expect(formatProfile(rows)).toBe(
      ['name    calls    ms   share', 'conv1d      2  3.00  75.0 %', 'tanh        1  1.00  25.0 %'].join(
        '\n',
      ),
    );
  });

  it.each([
    ['nonsense', /^profile: not JSON$/],
    ['null', /^profile: no traceEvents in it$/],
    ['[]', /^profile: no traceEvents in it$/],
  ])('%s is no profile', (text, message) => {
    expect(() => summarizeProfile(text)).toThrow(message);
  });
});
