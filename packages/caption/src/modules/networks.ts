/**
 * @module What modules of networks that look at features have in common: the authors' options, their checkpoints.
 */
import type { Module } from '@sextant/nn';
import type { Inputs, Weights } from '@sextant/system';
import { z } from 'zod';
import type { EncoderConfig, Features } from '../captioner.js';
import { arraysOf } from '../checkpoints.js';

export const size = z.int().positive();
export const mode = z.enum(['train', 'eval']).default('eval');

/** Options of networks that look at features. */
export const featureOptions = {
  d_vid: size,
  d_aud: size,
  d_model_video: size,
  d_model_audio: size,
  d_ff_video: size,
  d_ff_audio: size,
  H: size,
  N: size,
  use_linear_embedder: z.boolean().default(false),
  dout_p: z.number().min(0).max(1).default(0.1),
  mode,
  pad_idx: z.literal(1).default(1),
};

export const encoderOf = (
  c: z.output<z.ZodObject<typeof featureOptions>> & { readonly d_model: number },
): EncoderConfig => ({
  dVid: c.d_vid,
  dAud: c.d_aud,
  dModel: c.d_model,
  dModelVideo: c.d_model_video,
  dModelAudio: c.d_model_audio,
  dFfVideo: c.d_ff_video,
  dFfAudio: c.d_ff_audio,
  heads: c.H,
  layers: c.N,
  linearEmbedder: c.use_linear_embedder,
  dropout: c.dout_p,
});

/** Gives a network its arrays of a checkpoint; names that PyTorch's `DataParallel` gave begin with `module.`. */
export function filled<M extends Module>(
  module: M,
  checkpoint: Weights | undefined,
): { module: M; prefix: string } {
  const arrays = arraysOf(checkpoint);
  const prefix = [...arrays.keys()].every((key) => key.startsWith('module.')) ? 'module.' : '';
  module.loadStateDict(new Map([...arrays].map(([key, value]) => [key.slice(prefix.length), value])));
  return { module, prefix };
}

export const parametersOf = (module: Module, prefix: string) =>
  new Map([...module.namedParameters()].map(([name, parameter]) => [prefix + name, parameter]));

export const featuresOf = (inputs: Inputs): Features => ({
  rgb: inputs.get('rgb'),
  flow: inputs.get('flow'),
  audio: inputs.get('audio'),
});

export const inMode = <M extends Module, T>(module: M, training: 'train' | 'eval', fn: (m: M) => T): T =>
  training === 'train' ? module.train(fn) : module.eval(fn);

/** The official checkpoints hold their options as an object. */
export const inertClasses = ['utilities.config_constructor.Config'];
