/**
 * Every operation and its gradient on WebGPU, in software (SwiftShader, which comes with Chromium), against
 * the CPU.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Profile } from '../../src/index.js';
import { difference, runFamily, webgpuTolerance } from '../cases.js';
import { EVERYWHERE, FAMILIES } from '../families/index.js';
import { train } from '../training.js';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const missing = !existsSync(DRIVER);
if (missing) console.log(`WebGPU tests are skipped: no ${DRIVER} (Debian's package chromium brings it)`);
// Read when the first WebGPU session is created.
else process.env.VK_DRIVER_FILES = DRIVER;

// A software GPU on a busy machine takes its time.
describe.skipIf(missing)('WebGPU gives what the CPU gives', { timeout: 180_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sextant-webgpu-test-'));
  });
  const report: string[] = [];
  afterAll(() => {
    rmSync(folder, { recursive: true });
    console.log(['Operations on WebGPU, with their gradients:', ...report].join('\n'));
  });

  for (const name of EVERYWHERE) {
    const family = FAMILIES[name]!;
    it(name, async () => {
      const path = join(folder, `${name}.json`);
      const runtime = createRuntime({ device: 'webgpu', profile: path });
      const actual = await runFamily(name, runtime).finally(() => runtime.endProfiling());
      const expected = await runFamily(name);
      const wrong = Object.keys(family).flatMap((op) => {
        const found = difference(actual[op]!, expected[op]!, webgpuTolerance(op));
        return found ? [`${op}: ${found}`] : [];
      });

      const fallback = fallbacks(JSON.parse(readFileSync(path, 'utf8')) as Profile);
      const total = Object.keys(family).length;
      const elsewhere = [...fallback].map(([op, on]) => `${op} (${[...on].join(', ')})`);
      report.push(
        `${name}: ${total - wrong.length} of ${total} correct, ${total - fallback.size} entirely on the GPU` +
          (elsewhere.length > 0 ? `; in part on the CPU: ${elsewhere.join(', ')}` : ''),
      );
      expect(wrong).toEqual([]);
    });
  }

  it('trains', async () => {
    const [here, there] = [await train(20), await train(20, createRuntime({ device: 'webgpu' }))];
    expect(here.losses.at(-1)!).toBeLessThan(here.losses[0]! / 2);
    // Rounding differs, and grows from step to step.
    for (const [i, loss] of here.losses.entries()) {
      expect(Math.abs(there.losses[i]! - loss), `loss ${i}`).toBeLessThan(4e-4);
    }
    expect(difference(there.parameters, here.parameters, 4e-4)).toBe('');
  });
});

/** For each case the ONNX operators that ran on the CPU. */
function fallbacks({ traceEvents }: Profile): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { cat, name, args } of traceEvents) {
    if (cat !== 'op' || args.provider === 'WebGpuExecutionProvider') continue;
    const op = name.split('/').find((part) => part !== 'grad')!;
    const operators = found.get(op) ?? new Set();
    found.set(op, operators.add(String(args.operator)));
  }
  return found;
}
