/**
 * @module Editors from a folder of their parts: files of ours, or run folders.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, within } from '@sextant/io';
import { readModel } from '@sextant/train';
import type { AttributeTable } from './attributes.js';
import { Editor } from './editor.js';
import { EncoderTrainSchema } from './encoder/config.js';
import { PictureEncoder } from './encoder/infer.js';
import { decodeEncoder, type EncoderWeights, encoderOf } from './encoder/weights.js';
import { EstimatorTrainSchema } from './estimator/config.js';
import { decodeEstimator, type EstimatorWeights, estimatorOf } from './estimator/weights.js';
import { FlowTrainSchema } from './flow/config.js';
import { decodeFlow, type FlowWeights, flowOf } from './flow/weights.js';
import { Observer } from './observer.js';
import { embeddedFolder } from './parts-node.js';
import { CodeEditor } from './session.js';
import { loadSynthesizer } from './stylegan2/load.js';

/**
 * An editor of the generator, the estimator and the flow in a folder: each `<name>.safetensors`, or a run folder `<name>`; and of the
 * encoder, where there is one.
 *
 * @param folder - where these are; those that come with the package if absent.
 * @throws InputError naming what is missing or wrong.
 */
export async function loadEditor(folder: string = embeddedFolder()): Promise<Editor> {
  if (!existsSync(folder)) {
    throw new InputError(`there is no ${folder}: give a folder of generator, estimator and flow`);
  }
  const [synthesizer, estimator, flow] = [
    await loadSynthesizer(partOf(folder, 'generator')),
    await readEstimator(partOf(folder, 'estimator')),
    await readFlow(partOf(folder, 'flow')),
  ];
  const encoderPath = findPart(folder, 'encoder');
  const encoder = encoderPath && (await readEncoder(encoderPath));
  return within(
    folder,
    () =>
      new Editor({
        synthesizer,
        observer: new Observer(estimatorOf(estimator), estimator.config.table),
        codes: new CodeEditor(flowOf(flow), flow.config.table),
        ...(encoder && { encoder: new PictureEncoder(encoderOf(encoder)) }),
      }),
  );
}

/** What a model edits: its flow's table. @param folder - as {@link loadEditor} takes it. @throws InputError */
export async function readTable(folder: string = embeddedFolder()): Promise<AttributeTable> {
  const { config } = await readFlow(partOf(folder, 'flow'));
  return config.table;
}

/** The path of a part, if it is there. */
export const findPart = (folder: string, name: string): string | undefined =>
  [join(folder, `${name}.safetensors`), join(folder, name)].find((path) => existsSync(path));

/** The path of a part. @throws InputError when it is not there. */
function partOf(folder: string, name: string): string {
  const found = findPart(folder, name);
  if (found === undefined)
    throw new InputError(`${folder} has no ${name}: neither ${name}.safetensors nor a run folder ${name}`);
  return found;
}

/** A file of ours, or the best checkpoint of a run folder. @throws InputError */
export const readEstimator = (path: string): Promise<EstimatorWeights> =>
  readModel(path, {
    decode: decodeEstimator,
    schema: EstimatorTrainSchema,
    configOf: ({ estimator, table }) => ({ estimator, table }),
    component: 'estimator',
  });

/** A file of ours, or the best checkpoint of a run folder (the last one where nothing was held out). @throws InputError */
export const readFlow = (path: string): Promise<FlowWeights> =>
  readModel(path, {
    decode: decodeFlow,
    schema: FlowTrainSchema,
    configOf: ({ flow, table }) => ({ flow, table }),
    component: 'flow',
    measured: ({ heldOut }) => heldOut > 0,
  });

/** A file of ours, or the best checkpoint of a run folder. @throws InputError */
export const readEncoder = (path: string): Promise<EncoderWeights> =>
  readModel(path, {
    decode: decodeEncoder,
    schema: EncoderTrainSchema,
    configOf: ({ encoder }) => encoder,
    component: 'encoder',
  });
