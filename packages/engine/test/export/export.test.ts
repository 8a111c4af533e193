import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GraphProto, ModelProtoSchema } from '../../src/compile/onnx_pb.js';
import {
  add,
  array,
  conv1d,
  grad,
  matmul,
  mean,
  mul,
  type NDArray,
  pad,
  program,
  reshape,
  scan,
  scope,
  square,
  sum,
  type Tensor,
  tanh,
  Variable,
} from '../../src/index.js';
import { randomArray } from '../../src/testing.js';
import { familyProgram, inputsOf, runFamily } from '../cases.js';
import { FAMILIES } from '../families/index.js';

const random = (shape: number[], seed = 1) => randomArray(shape, { dtype: 'float32', seed });

function variable(name: string, value: NDArray): Variable {
  const v = new Variable(value);
  v.name = name;
  return v;
}

/** Runs a model's bytes with onnxruntime-node and nothing of ours. */
async function runPlain(
  model: Uint8Array,
  feeds: Record<string, NDArray>,
): Promise<Record<string, OrtTensor>> {
  const session = await InferenceSession.create(model);
  const inputs = Object.entries(feeds).map(([name, a]) => [
    name,
    new OrtTensor(a.dtype, a.data as never, a.shape),
  ]);
  const results = await session.run(Object.fromEntries(inputs));
  await session.release();
  return results as Record<string, OrtTensor>;
}

/** A small audio network: frames in, samples out, at any length. */
const weight = variable('net.conv.weight', random([8, 4, 3], 2));
const bias = variable('net.conv.bias', random([8], 3));
const network = program(
  ({ mel }: { mel: Tensor }) => {
    const padded = pad(mel, [[1, 1]], { mode: 'reflect' });
    const features = scope('net', () => tanh(scope('conv', () => conv1d(padded, weight, { bias }))));
    return { audio: reshape(features, [mel.shape[0]!, 1, -1]), level: mean(square(features)) };
  },
  { name: 'network', inputs: [{ mel: { shape: ['B', 4, 'L'] } }] },
);

describe('an exported model', () => {
  it('gives the same numbers in plain ONNX Runtime, at every size', async () => {
    const model = await network.export();
    for (const [batch, length] of [
      [1, 5],
      [3, 8],
      [2, 131],
    ] as const) {
      const mel = random([batch, 4, length]);
      const expected = await network({ mel });
      const actual = await runPlain(model, { mel });
      expect(Object.keys(actual).sort()).toEqual(['audio', 'level']);
      expect(actual.audio!.dims).toEqual([batch, 1, 8 * length]);
      expect([...actual.audio!.data]).toEqual([...expected.audio.data]);
      expect([...actual.level!.data]).toEqual([...expected.level.data]);
    }
  });
  it('states its opset, producer, metadata, names and dynamic axes', async () => {
    const metadata = { license: 'Apache-2.0', sampleRate: '22050' };
    const model = fromBinary(ModelProtoSchema, await network.export({ metadata }));
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 18]]);
    expect(model.producerName).toBe('sextant');
    expect(Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]))).toEqual(metadata);
    const graph = model.graph!;
    expect(graph.name).toBe('network');
    const ports = [...graph.input, ...graph.output].map(({ name, type }) => [
      name,
      type!.value.value!.shape!.dim.map((d) =>
        d.value.case === 'dimParam' ? d.value.value : Number(d.value.value),
      ),
    ]);
    expect(ports).toEqual([
      ['mel', ['B', 4, 'L']],
      ['audio', ['B', 1, '8*L']],
      ['level', []],
    ]);
    expect(graph.node.map((n) => n.name)).toContainEqual(
      expect.stringMatching(/^net\/conv\/conv\.Conv_\d+$/),
    );
  });
  it('holds the variables as they are now', async () => {
    const v = variable('v', array([1, 2]));
    const f = program((x: Tensor) => mul(v, x), { inputs: [{ shape: [] }] });
    const before = await f.export();
    v.value = array([3, 4]);
    const x = array(10);
    expect([...(await runPlain(before, { input0: x })).output!.data]).toEqual([10, 20]);
    expect([...(await runPlain(await f.export(), { input0: x })).output!.data]).toEqual([30, 40]);
  });
  it('takes its turn among the runs', async () => {
    const [a, b] = [variable('a', array(0)), variable('b', array(0))];
    const step = program(() => {
      a.assign(add(a, 1));
      b.assign(add(b, 1));
      return [];
    });
    const f = program((x: Tensor) => ({ a: add(x, a), b: add(x, b) }), { inputs: [{ shape: [] }] });
    const steps = (n: number) => Array.from({ length: n }, () => step());
    const before = steps(5);
    const model = f.export();
    await Promise.all([...before, ...steps(5)]);
    const results = await runPlain(await model, { input0: array(0) });
    expect([results.a!.data[0], results.b!.data[0]]).toEqual([5, 5]);
  });
  it('may contain gradients, loops and unused inputs', async () => {
    const f = program(
      ({ x, w }: { x: Tensor; w: Tensor; unused: Tensor }) => {
        const [last] = scan(
          (h: Tensor, v: Tensor) => [tanh(add(matmul(h, w), v)), []] as const,
          mul(w, 0),
          x,
        );
        return { gradient: grad(sum(square(last)), w) };
      },
      { inputs: [{ x: { shape: ['T', 2, 2] }, w: { shape: [2, 2] }, unused: { shape: ['N'] } }] },
    );
    const feeds = { x: random([5, 2, 2]), w: random([2, 2], 2), unused: random([3]) };
    const expected = await f(feeds);
    expect([...(await runPlain(await f.export(), feeds)).gradient!.data]).toEqual([
      ...expected.gradient.data,
    ]);
  });
  it('cannot be made of a program that assigns variables', async () => {
    const v = variable('v', array([1, 2]));
    const f = program(
      (x: Tensor) => {
        v.assign(mul(v, x));
        return [];
      },
      { inputs: [{ shape: [] }] },
    );
    await expect(f.export()).rejects.toThrow(/^assign: v is frozen in this program/);
  });
});

describe.each(Object.keys(FAMILIES))('%s', (name) => {
  it('round trip through plain ONNX Runtime', async () => {
    const expected = await runFamily(name);
    const inputs = Object.entries(inputsOf(FAMILIES[name]!)).flatMap(([op, arrays]) =>
      arrays.map((a, i) => [`${op}.${i}`, a]),
    );
    const actual = await runPlain(await familyProgram(name).export(), Object.fromEntries(inputs));
    for (const [op, arrays] of Object.entries(expected)) {
      for (const [i, a] of arrays.entries()) {
        const found = actual[`${op}.${i}`] ?? actual[`${op}.${i}.out`];
        expect(found?.dims, op).toEqual(a.shape);
        expect([...found!.data], op).toEqual([...a.data]);
      }
    }
  });
  it('names are unique and legible', async () => {
    const { graph } = fromBinary(ModelProtoSchema, await familyProgram(name).export());
    const names = [...nodeNames(graph!)];
    expect(new Set(names).size).toBe(names.length);
    for (const n of names) expect(n).toMatch(/^[\w/]+(\.[A-Za-z0-9]+)?_\d+$/);
  });
});

/** Names of all nodes, those of loops' bodies included. */
function* nodeNames(graph: GraphProto): Generator<string> {
  for (const { name, attribute } of graph.node) {
    yield name;
    for (const { g } of attribute) if (g) yield* nodeNames(g);
  }
}

/** Python with the package `onnx`: $ONNX_PYTHON, or the one on the path. */
const python = process.env.ONNX_PYTHON ?? 'python3';
const hasOnnx = spawnSync(python, ['-c', 'import onnx']).status === 0;
if (!hasOnnx) console.log(`onnx.checker tests are skipped: ${python} has no package onnx (set ONNX_PYTHON)`);

describe.skipIf(!hasOnnx)('onnx.checker', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sextant-export-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('accepts a model of every family, shapes inferred and compared', async () => {
    const models = {
      network,
      ...Object.fromEntries(Object.keys(FAMILIES).map((f) => [f, familyProgram(f)])),
    };
    const files = await Promise.all(
      Object.entries(models).map(async ([name, p]) => {
        const file = join(folder, `${name}.onnx`);
        writeFileSync(file, await p.export());
        return file;
      }),
    );
    const script = `
import onnx, sys
accepted = 0
for path in sys.argv[1:]:
    try:
        onnx.checker.check_model(path, full_check=True)
        onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True, data_prop=True)
        accepted += 1
    except Exception as e:
        print(path, e)
print(accepted, 'accepted')
`;
    const check = spawnSync(python, ['-c', script, ...files], { encoding: 'utf8' });
    expect(check.stderr).toBe('');
    expect(check.stdout).toBe(`${files.length} accepted\n`);
  });
});
