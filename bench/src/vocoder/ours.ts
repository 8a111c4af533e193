/**
 * @module Sextant's side of the vocoder's cases: a process that does one job.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createRuntime,
  type NDArray,
  program,
  Generator as Random,
  setDefaultRuntime,
  type Tensor,
} from '@sextant/engine';
import { writePyTorch, writeWav } from '@sextant/io';
import { Adam, type Module } from '@sextant/nn';
import { encodeWeights, MelSpectrogram, PRESETS, trainingStep, Vocoder } from '@sextant/vocoder';
import type { JobOptions } from '../case.js';
import { type Job, serve, timed } from '../serve.js';
import { digest, networks, type Preset, spectrogram, trainingAudio } from './work.js';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
const versions = { 'onnxruntime-node': version };

const presetOf = ({ preset }: JobOptions): Preset => preset as Preset;

/** Writes weights and inputs for peers. */
const work: Job = async (options) => {
  const preset = presetOf(options);
  const { generator, discriminator } = networks(preset);
  await writePyTorch(
    join(options.folder, `${preset}.pt`),
    new Map<string, NDArray | Map<string, NDArray>>([
      ['generator', generator.stateDict()],
      ['discriminator', discriminator.stateDict()],
      ['mel', spectrogram(preset)],
      ['audio', trainingAudio(preset)],
    ]),
  );
  return { run: () => Promise.reject(new Error('this job only prepares')) };
};

/** Audio of a spectrogram, as a program that uses the library gets it. */
const generate: Job = async (options) => {
  const preset = presetOf(options);
  const vocoder = new Vocoder({ generator: networks(preset).generator, mel: PRESETS[preset].mel });
  const mel = spectrogram(preset);
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => vocoder.synthesize(mel));
      return { ms, digest: digest(result) };
    },
  };
};

/** The same on 8-bit integers. Its audio differs from the peers', so it has no digest to compare. */
const generate8bit: Job = async (options) => {
  const preset = presetOf(options);
  const floats = new Vocoder({ generator: networks(preset).generator, mel: PRESETS[preset].mel });
  const vocoder = await floats.atPrecision({ precision: 'int8' });
  const mel = spectrogram(preset);
  return {
    versions,
    run: async () => {
      const { ms } = await timed(() => vocoder.synthesize(mel));
      return { ms };
    },
  };
};

/** The training step of a preset, as `vocoder train` makes it. */
function stepProgram(preset: Preset) {
  const { mel, optimizer, lambdaFeat } = PRESETS[preset];
  const { generator, discriminator } = networks(preset);
  const { learningRate, betas } = optimizer;
  const adam = (module: Module) => new Adam(module.parameters(), { learningRate, betas });
  const front = new MelSpectrogram(mel);
  const [optimizerG, optimizerD] = [adam(generator), adam(discriminator)];
  const training = { generator, discriminator, optimizerG, optimizerD, front, lambdaFeat };
  return program((audio: Tensor) => trainingStep(training, front.forward(audio), audio), { name: 'step' });
}

const train: Job = async (options) => {
  const preset = presetOf(options);
  const step = stepProgram(preset);
  const audio = trainingAudio(preset);
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => step(audio));
      return { ms, digest: Number(result.lossGTotal.data[0]) };
    },
  };
};

/** From nothing to a session of the training step, models included. */
const compile: Job = async (options) => {
  const preset = presetOf(options);
  const audio = trainingAudio(preset);
  return {
    versions,
    run: async () => {
      const step = stepProgram(preset);
      const { ms } = await timed(() => step.compile(audio));
      return { ms };
    },
  };
};

const ROOT = new URL('../../../', import.meta.url);

/** One whole `sextant vocoder synthesize`, from the command to its end. */
const command: Job = async ({ folder, threads }) => {
  const { generator, mel } = PRESETS.paper;
  const [input, output] = [join(folder, 'in.wav'), join(folder, 'out.wav')];
  const samples = new Random(3).normalArray([mel.sampleRate, 1], 0, 0.1);
  await writeWav(input, { samples, sampleRate: mel.sampleRate });

  const embedded = existsSync(new URL('weights/vocoder.safetensors', ROOT));
  const weights = join(folder, 'weights.safetensors');
  if (!embedded) await writeFile(weights, encodeWeights({ generator: networks('paper').generator, mel }));
  const args = [
    fileURLToPath(new URL('packages/cli/bin/sextant.js', ROOT)),
    ...['vocoder', 'synthesize', input, '-o', output, '--threads', String(threads), '--quiet'],
    ...(embedded ? [] : ['--weights', weights]),
  ];
  return {
    note: embedded
      ? 'with the embedded weights'
      : `random weights of ngf ${generator.ngf}: none are embedded`,
    versions,
    run: async () => {
      const { ms, result } = await timed(async () => {
        const started = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
        const [code] = await once(started, 'exit');
        return code as number | null;
      });
      if (result !== 0) throw new Error(`sextant ended with ${result}`);
      // This process waits only; what the other needed is not known here.
      return { ms, peakRssMb: undefined };
    },
  };
};

const { threads } = JSON.parse(process.argv[2]!) as JobOptions;
setDefaultRuntime(createRuntime({ threads }));
await serve({ work, generate, generate8bit, train, compile, command });
