/**
 * @module The authors' checkpoints as weights of ours (section 7): one file for each network, `2225_identity_embedder.pth`, and the
 * options in `args.txt`.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NDArray } from '@sextant/engine';
import {
  fileError,
  fromFile,
  InputError,
  isFolder,
  parseConfig,
  readFile,
  stateDict,
  within,
} from '@sextant/io';
import { skipInit } from '@sextant/nn';
import { readWeights } from '@sextant/system';
import { loadOfficial } from './import.js';
import { configOf, NetworkOptions } from './modules/options.js';
import { AvatarNetworks } from './networks.js';
import type { AvatarWeights } from './weights.js';

const NEEDED = [
  'identity_embedder',
  'texture_generator',
  'keypoints_embedder',
  'inference_generator',
] as const;
const ENHANCER = 'texture_enhancer';

/** The newest file of each network in a folder. */
type Found = ReadonlyMap<string, { readonly epoch: number; readonly path: string }>;

/**
 * Reads the networks in folders of checkpoints (or of experiments, with a folder `checkpoints`). Of each network the newest epoch is taken,
 * of the last folder that has it: the enhancer was trained in an experiment of its own.
 *
 * @returns the weights, and the files they are of.
 * @throws InputError when a network is missing, or its arrays are not those that the options describe.
 */
export async function importOfficial(
  folders: readonly string[],
): Promise<{ readonly weights: AvatarWeights; readonly files: readonly string[] }> {
  const paths = new Map<string, string>();
  let given: Record<string, unknown> = {};
  for (const folder of folders) {
    const checkpoints = join(folder, 'checkpoints');
    const inner = (await isFolder(checkpoints)) ? checkpoints : folder;
    for (const [network, { path }] of await networksIn(inner)) paths.set(network, path);
    given = { ...given, ...(await argumentsOf(inner)) };
  }
  for (const network of NEEDED) {
    if (!paths.has(network))
      throw new InputError(
        `there is no EPOCH_${network}.pth in ${folders.join(', ')}; give the folders of all networks`,
      );
  }
  const state = new Map<string, NDArray>();
  for (const [network, path] of paths) {
    const weights = await readWeights(path);
    for (const [key, array] of within(path, () => stateDict(weights))) state.set(`${network}.${key}`, array);
  }
  const enhancer = paths.has(ENHANCER);
  const config = configOf(optionsOf(given, state));
  const networks = skipInit(() => new AvatarNetworks(config, { enhancer }));
  fromFile(`${folders.join(', ')}: the networks are not those of the options`, () =>
    loadOfficial(networks, state),
  );
  return {
    weights: { config: { networks: config, enhancer }, state: networks.stateDict() },
    files: [...paths.values()],
  };
}

async function networksIn(folder: string): Promise<Found> {
  const names = await readdir(folder).catch((error) => {
    throw fileError('read', folder, error);
  });
  const found = new Map<string, { readonly epoch: number; readonly path: string }>();
  for (const name of names) {
    const [, digits = '0', network] = /^(?:(\d+)_)?([a-z_]+)\.pth$/.exec(name) ?? [];
    if (network === undefined || ![...NEEDED, ENHANCER].some((known) => known === network)) continue;
    const epoch = Number(digits);
    if (epoch >= (found.get(network)?.epoch ?? 0)) found.set(network, { epoch, path: join(folder, name) });
  }
  return found;
}

/** The options of an experiment, of its `args.txt`; none where there is no such file. */
async function argumentsOf(folder: string): Promise<Record<string, unknown>> {
  const places = basename(folder) === 'checkpoints' ? [folder, dirname(folder)] : [folder];
  for (const place of places) {
    if (!(await readdir(place)).includes('args.txt')) continue;
    const text = new TextDecoder().decode(await readFile(join(place, 'args.txt')));
    const lines = text.split(/\r?\n/).map((line) => /^(\w+): (.*)$/.exec(line));
    return Object.fromEntries(lines.flatMap((match) => (match ? [[match[1]!, parsed(match[2]!)]] : [])));
  }
  return {};
}

function parsed(text: string): string | number | boolean {
  if (text === 'True' || text === 'False') return text === 'True';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Those of `args.txt` that describe networks. Whether poses are encoded as waves is what the arrays say: the scripts' flags say otherwise. */
function optionsOf(
  given: Readonly<Record<string, unknown>>,
  state: ReadonlyMap<string, NDArray>,
): NetworkOptions {
  const known = Object.entries(given).filter(
    ([name]) => name !== 'mode' && Object.hasOwn(NetworkOptions.shape, name),
  );
  const frequencies = state.get('keypoints_embedder.frequencies');
  const options = {
    ...Object.fromEntries(known),
    pse_use_harmonic_enc: frequencies !== undefined,
    ...(frequencies && { pse_num_harmonics: frequencies.size }),
  };
  return parseConfig<NetworkOptions>(NetworkOptions, options, 'args.txt');
}
