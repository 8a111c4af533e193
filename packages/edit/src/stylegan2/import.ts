/**
 * @module Checkpoints of rosinality's StyleGAN2 (section 7 of the specification). Our networks have the same names.
 */
import { NDArray, Generator as Random } from '@sextant/engine';
import {
  decodePyTorch,
  fromFile,
  InputError,
  type PyTorchValue,
  parseConfig,
  stateDict,
  widen,
} from '@sextant/io/web';
import { type Module, skipInit } from '@sextant/nn';
import { type ModelConfig, ModelSchema, numGeneratorParameters, resolutions } from './config.js';
import { Discriminator } from './discriminator.js';
import { Generator } from './generator.js';

type State = ReadonlyMap<string, NDArray>;

/** A generator and what may come with it. */
export interface ImportedModel {
  readonly generator: Generator;
  /** The mean of w [styleDim], where the checkpoint has it. */
  readonly meanLatent?: NDArray;
  /** Where the checkpoint has it. */
  readonly discriminator?: Discriminator;
}

/**
 * The networks of a checkpoint: the averaged generator (`g_ema`), or the trained one (`g`) where there is no other. Size,
 * widths and depth are those of its arrays.
 *
 * @throws InputError when it holds no StyleGAN2, or parts of one are missing.
 */
export function importModel(bytes: Uint8Array): ImportedModel {
  const tree = decodePyTorch(bytes);
  const state = networkState(tree, 'g_ema', 'g');
  if (!state?.has('input.input')) {
    throw new InputError('it holds no StyleGAN2 of rosinality: no generator named g_ema or g is in it');
  }
  const generator = filledGenerator(configOf(state), state);
  const { config } = generator;
  const scores = networkState(tree, 'd');
  const discriminator = scores && filled('discriminator', () => new Discriminator(config), scores);
  const mean = meanLatent(tree);
  return {
    generator,
    ...(mean && mean.size === config.styleDim && { meanLatent: mean }),
    ...(discriminator && { discriminator }),
  };
}

/** The arrays of the first of some networks that a checkpoint holds, floats as float32. */
export function networkState(tree: PyTorchValue | undefined, ...names: readonly string[]): State | undefined {
  if (!(tree instanceof Map)) return undefined;
  const found = names.map((name) => tree.get(name)).find((network) => network instanceof Map);
  if (!found) return undefined;
  const entries = [...stateDict(found)].map(
    ([key, value]) => [key.replace(/^(module\.)+/, ''), widened(value)] as const,
  );
  return new Map(entries);
}

/** The mean of w [styleDim] that converted checkpoints hold. */
export function meanLatent(tree: PyTorchValue | undefined): NDArray | undefined {
  const mean = tree instanceof Map ? tree.get('latent_avg') : undefined;
  return mean instanceof NDArray ? widened(mean) : undefined;
}

const widened = (value: NDArray): NDArray => (value.dtype === 'float16' ? widen(value) : value);

/** What network the arrays of a generator belong to, as far as they tell. @throws InputError */
export function configOf(state: State): ModelConfig {
  const shape = (key: string): readonly number[] => state.get(key)?.shape ?? [];
  const count = (name: (i: number) => string): number => {
    let n = 0;
    while (state.has(name(n))) n++;
    return n;
  };
  const size = 4 * 2 ** Math.floor(count((i) => `convs.${i}.conv.weight`) / 2);
  const blur = state.get('convs.0.conv.blur.kernel');
  const config = {
    size,
    styleDim: shape('conv1.conv.modulation.weight')[1],
    mappingLayers: count((i) => `style.${i + 1}.weight`),
    channels: Object.fromEntries(
      resolutions(size).map((r, i) => [
        r,
        i === 0 ? shape('input.input')[1] : shape(`convs.${2 * (i - 1)}.conv.weight`)[1],
      ]),
    ),
    ...(blur && { blurKernel: tapsOf(blur) }),
  };
  return parseConfig(ModelSchema, config, 'the network that its arrays belong to');
}

/** Taps along one axis of a filter [n, n], the first of them 1. */
function tapsOf({ data, shape }: NDArray): number[] {
  const row = Array.from(data.slice(0, shape[1]!), Number);
  return row.map((tap) => tap / row[0]!);
}

/** What training does not change. A checkpoint may lack it. */
const FIXED = /^noises\.|\.kernel$/;

/**
 * A generator of given arrays; noise that is missing is drawn.
 *
 * @throws InputError when they are not those of the configuration.
 */
export function filledGenerator(config: ModelConfig, state: State): Generator {
  // Before anything is made: a small file cannot ask for a large generator.
  const given = [...state].reduce((n, [key, { size }]) => (FIXED.test(key) ? n : n + size), 0);
  const needed = numGeneratorParameters(config);
  if (given !== needed) {
    throw new InputError(`its generator should have ${needed} parameters by its layers, and has ${given}`);
  }
  const generator = filled('generator', () => new Generator(config), state);
  for (const [name, noise] of Object.entries(generator.noises)) {
    const key = `noises.${name}`;
    if (!state.has(key)) noise.value = new Random(0).fork(key).normalArray(noise.shape);
  }
  return generator;
}

/** A network of given arrays. @throws InputError when they are not its own. */
function filled<M extends Module>(what: string, build: () => M, state: State): M {
  const network = skipInit(build);
  return fromFile(`its ${what} does not fit together`, () => {
    const { missing, unexpected } = network.loadStateDict(state, { strict: false });
    const lost = missing.find((key) => !FIXED.test(key));
    if (lost !== undefined) throw new InputError(`its ${what} is not whole: there is no ${lost}`);
    if (unexpected.length > 0) throw new InputError(`its ${what} has a ${unexpected[0]}, which ours has not`);
    return network;
  });
}
