/**
 * @module Checkpoints of the two public MelGAN code bases in terms of our modules: the authors' and
 * seungwonpark's (section 7).
 */
import { type NDArray, zeros } from '@sextant/engine';
import { InputError, type PyTorchValue, stateDict, widen } from '@sextant/io/web';
import type { DiscriminatorConfig, GeneratorConfig } from './model.js';

export type CheckpointFormat = 'official' | 'seungwonpark';

/** Pairs of our path of a convolution and its prefix in a checkpoint. */
type Layout = readonly (readonly [ours: string, theirs: string])[];

/** What seungwonpark's generator does to the mel first: (mel + 5) / 5. */
const SEUNGWONPARK_INPUT = { inputShift: 5, inputScale: 1 / 5 };

function generatorLayout(format: CheckpointFormat, { ratios, nResidualLayers: n }: GeneratorConfig): Layout {
  const official = format === 'official';
  const model = official ? 'model' : 'generator';
  // Positions in the authors' list of layers: activations and paddings count.
  const perStage = official ? n + 2 : 3;
  const block = (k: number, j: number): Layout => {
    const at = `${model}.${4 + perStage * k + (official ? j : 0)}`;
    const [inner, shortcut] = official
      ? [`${at}.block`, `${at}.shortcut`]
      : [`${at}.blocks.${j}`, `${at}.shortcuts.${j}`];
    const ours = `stages.${k}.blocks.${j}`;
    return [
      [`${ours}.dilated`, `${inner}.2`],
      [`${ours}.pointwise`, `${inner}.4`],
      [`${ours}.shortcut`, shortcut],
    ];
  };
  return [
    ['first', `${model}.1`],
    ...ratios.flatMap(
      (_, k): Layout => [
        [`stages.${k}.upsample`, `${model}.${3 + perStage * k}`],
        ...Array.from({ length: n }, (_, j) => block(k, j)).flat(),
      ],
    ),
    ['last', `${model}.${4 + perStage * ratios.length}`],
  ];
}

function discriminatorLayout(format: CheckpointFormat, { numD, channels }: DiscriminatorConfig): Layout {
  const strided = channels.length - 2;
  return Array.from({ length: numD }, (_, i): Layout => {
    const [prefix, layer] =
      format === 'official' ? [`model.disc_${i}.model`, 'layer_'] : [`discriminators.${i}.discriminator`, ''];
    const at = (m: number) => `${prefix}.${layer}${m}`;
    return [
      [`scales.${i}.first`, `${at(0)}.1`],
      ...Array.from({ length: strided }, (_, m) => [`scales.${i}.strided.${m}`, `${at(m + 1)}.0`] as const),
      [`scales.${i}.wide`, `${at(strided + 1)}.0`],
      [`scales.${i}.score`, at(strided + 2)],
    ];
  }).flat();
}

const PARTS = [
  ['weight.g', 'weight_g'],
  ['weight.v', 'weight_v'],
  ['bias', 'bias'],
] as const;

/** The authors' names of our variables. */
export function generatorNames(format: CheckpointFormat, config: GeneratorConfig): Map<string, string> {
  return names(generatorLayout(format, config));
}

/** The authors' names of our variables. */
export function discriminatorNames(
  format: CheckpointFormat,
  config: DiscriminatorConfig,
): Map<string, string> {
  return names(discriminatorLayout(format, config));
}

const names = (layout: Layout): Map<string, string> =>
  new Map(layout.flatMap(([ours, theirs]) => PARTS.map(([a, b]) => [`${ours}.${a}`, `${theirs}.${b}`])));

/**
 * A checkpoint's arrays under their plain names, half precision widened: wrappers (`module.`) removed, the newer
 * parametrisation's names turned into `weight_g` and `weight_v`, folded weights split into them.
 */
export function normalizeState(tree: PyTorchValue): Map<string, NDArray> {
  const state = new Map<string, NDArray>();
  for (const [key, value] of stateDict(tree)) {
    const plain = key
      .replace(/^(module\.)+/, '')
      .replace('parametrizations.weight.original0', 'weight_g')
      .replace('parametrizations.weight.original1', 'weight_v');
    const array = value.dtype === 'float16' ? widen(value) : value;
    if (!plain.endsWith('.weight')) {
      state.set(plain, array);
      continue;
    }
    state.set(`${plain}_v`, array);
    state.set(`${plain}_g`, norms(array));
  }
  return state;
}

/** ‖v‖ over all axes but the first, as [n, 1, 1]: with it as g, weight normalisation gives v back. */
function norms(v: NDArray): NDArray {
  const n = v.shape[0] ?? 0;
  const each = v.size / n;
  const g = zeros([n, ...v.shape.slice(1).map(() => 1)]);
  for (let i = 0; i < n; i++) {
    let squares = 0;
    for (let j = i * each; j < (i + 1) * each; j++) squares += Number(v.data[j]) ** 2;
    g.data[i] = Math.sqrt(squares);
  }
  return g;
}

/** Our variables' values from a normalised checkpoint. @throws InputError naming what is missing. */
export function renamed(
  state: ReadonlyMap<string, NDArray>,
  names: ReadonlyMap<string, string>,
): Map<string, NDArray> {
  return new Map(
    [...names].map(([ours, theirs]) => {
      const value = state.get(theirs);
      if (!value)
        throw new InputError(`the checkpoint has no ${theirs}: it is not a MelGAN of these options`);
      return [ours, value];
    }),
  );
}

/** A generator's checkpoint, recognised. */
export interface ImportedGenerator {
  readonly format: CheckpointFormat;
  readonly config: GeneratorConfig;
  /** By our paths. */
  readonly state: Map<string, NDArray>;
}

/**
 * Recognises a generator's checkpoint of either format and reads its options off the shapes.
 *
 * @throws InputError when it is neither.
 */
export function importGenerator(tree: PyTorchValue): ImportedGenerator {
  const wrapped = tree instanceof Map ? (tree.get('model_g') ?? tree.get('netG') ?? tree) : tree;
  const state = normalizeState(wrapped);
  const format: CheckpointFormat = state.has('generator.1.weight_v') ? 'seungwonpark' : 'official';
  const model = format === 'official' ? 'model' : 'generator';
  const shape = (key: string): readonly number[] | undefined => state.get(`${model}.${key}`)?.shape;
  const first = shape('1.weight_v');
  if (!first) throw new InputError('not a MelGAN generator: there is neither model.1 nor generator.1');
  let nResidualLayers = 0;
  const block = (j: number) =>
    format === 'official' ? `${4 + j}.shortcut.weight_v` : `4.shortcuts.${j}.weight_v`;
  while (shape(block(nResidualLayers))) nResidualLayers++;
  const perStage = format === 'official' ? nResidualLayers + 2 : 3;
  const ratios: number[] = [];
  for (let k = 0; ; k++) {
    const upsample = shape(`${3 + perStage * k}.weight_v`);
    if (!upsample) break;
    ratios.push(upsample[2]! / 2);
  }
  const config: GeneratorConfig = {
    nMelChannels: first[1]!,
    ngf: first[0]! / 2 ** ratios.length,
    nResidualLayers,
    ratios,
    ...(format === 'official' ? { inputShift: 0, inputScale: 1 } : SEUNGWONPARK_INPUT),
  };
  return { format, config, state: renamed(state, generatorNames(format, config)) };
}
