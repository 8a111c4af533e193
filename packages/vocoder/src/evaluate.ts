/**
 * @module How good a vocoder is: copy-synthesis of a folder of speech, beside Griffin-Lim on the same spectrograms.
 */
import { basename } from 'node:path';
import { array, type NDArray, program, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { checkedSamples } from './checks.js';
import { readClip } from './data.js';
import { GriffinLim, type GriffinLimOptions } from './griffinlim.js';
import { named } from './input.js';
import { type MelOptions, MelSpectrogram } from './mel.js';
import { SpeechComparison, type SpeechMetrics } from './metrics.js';

/** Anything that makes audio of a log-mel spectrogram [nMelChannels, L]: L · hopLength samples. */
export interface Synthesizer {
  synthesize(mel: NDArray): Promise<Float32Array>;
}

/** How good one method's audio is, and how fast it came. */
export interface SynthesisMetrics extends SpeechMetrics {
  /** Seconds of audio per second of computing. */
  readonly realTimeFactor: number;
}

/** A value for each method that is compared. */
export interface PerMethod<T> {
  readonly vocoder: T;
  /** The vocoder's network without refinements, where it has some. */
  readonly network?: T;
  readonly griffinLim: T;
}

export interface ClipEvaluation extends PerMethod<SynthesisMetrics> {
  /** File name. */
  readonly clip: string;
  readonly seconds: number;
}

/** A clip that could not be measured. */
export interface EvaluationFailure {
  readonly file: string;
  /** What was wrong with it, in a line that names it. */
  readonly error: string;
}

export interface Evaluation {
  readonly clips: readonly ClipEvaluation[];
  readonly failed: readonly EvaluationFailure[];
  /** Means over the clips that have a value; of the real-time factor, all audio over all time. */
  readonly means: PerMethod<SynthesisMetrics>;
}

export interface EvaluateOptions {
  readonly vocoder: Synthesizer;
  /** The same without refinements, to tell what they do. */
  readonly network?: Synthesizer | undefined;
  /** The front-end that the vocoder was trained for. */
  readonly mel: MelOptions;
  /** Audio files. */
  readonly files: readonly string[];
  readonly griffinLim?: GriffinLimOptions;
  /** Told of each clip as soon as it is measured. */
  readonly onClip?: (clip: ClipEvaluation, done: number, total: number) => void;
}

/** Shorter clips are refused. */
const SHORTEST_SECONDS = 0.25;

/**
 * Measures a vocoder on clips, one after the other. All but the real-time factors are the same
 * in every run. Clips that are no sound, or too short, are listed as failed.
 *
 * @throws InputError, which names the file, when the only one fails, or all do.
 */
export async function evaluateVocoder({
  vocoder,
  network,
  mel,
  files,
  griffinLim: griffinLimOptions,
  onClip = () => {},
}: EvaluateOptions): Promise<Evaluation> {
  const griffinLim = new GriffinLim(mel, griffinLimOptions);
  const comparison = new SpeechComparison(mel);
  const front = new MelSpectrogram(mel);
  const analyse = program((audio: Tensor) => front.forward(audio), {
    name: 'mel',
    inputs: [{ shape: [1, 1, 'T'] }],
  });
  const measure = async (method: Synthesizer, frames: NDArray, original: Float32Array) => {
    const start = performance.now();
    const audio = await method.synthesize(frames);
    const elapsed = (performance.now() - start) / 1000;
    const length = Math.min(audio.length, original.length);
    const metrics = await comparison.compare(audio.subarray(0, length), original.subarray(0, length));
    return { ...metrics, realTimeFactor: audio.length / mel.sampleRate / elapsed };
  };

  const evaluateClip = async (file: string, isFirst: boolean): Promise<ClipEvaluation> => {
    const original = checkedSamples(await readClip(file, mel.sampleRate));
    const seconds = original.length / mel.sampleRate;
    if (seconds < SHORTEST_SECONDS) {
      throw new InputError(
        `${seconds.toFixed(3)} s are too short to measure: at least ${SHORTEST_SECONDS} s are needed`,
      );
    }
    const batch = await analyse(array(original, { shape: [1, 1, original.length] }));
    const frames = batch.reshape(batch.shape.slice(1));
    // Compiles the programs, outside the time that is measured.
    if (isFirst) for (const method of [vocoder, network, griffinLim]) await method?.synthesize(frames);
    return {
      clip: basename(file),
      seconds,
      vocoder: await measure(vocoder, frames, original),
      ...(network ? { network: await measure(network, frames, original) } : {}),
      griffinLim: await measure(griffinLim, frames, original),
    };
  };
  const clips: ClipEvaluation[] = [];
  const failed: EvaluationFailure[] = [];
  try {
    for (const [i, file] of files.entries()) {
      try {
        const clip = await named(file, () => evaluateClip(file, clips.length === 0));
        clips.push(clip);
        onClip(clip, i + 1, files.length);
      } catch (error) {
        if (!(error instanceof InputError) || files.length === 1) throw error;
        failed.push({ file, error: error.message });
      }
    }
  } finally {
    await Promise.all([griffinLim.release(), comparison.release(), analyse.release()]);
  }
  if (clips.length === 0)
    throw new InputError(`no clip could be measured: ${failed[0]?.error ?? 'there is none'}`);
  return {
    clips,
    failed,
    means: {
      vocoder: means(clips, 'vocoder'),
      ...(network ? { network: means(clips, 'network') } : {}),
      griffinLim: means(clips, 'griffinLim'),
    },
  };
}

function means(clips: readonly ClipEvaluation[], method: keyof PerMethod<unknown>): SynthesisMetrics {
  const measured = clips.map((clip) => clip[method]!);
  const mean = (metric: keyof SynthesisMetrics): number => {
    const values = measured.map((m) => m[metric]).filter(Number.isFinite);
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
  const total = (f: (seconds: number, i: number) => number) =>
    clips.reduce((sum, { seconds }, i) => sum + f(seconds, i), 0);
  return {
    logMelL1: mean('logMelL1'),
    stftDistance: mean('stftDistance'),
    mcd: mean('mcd'),
    stoi: mean('stoi'),
    f0RmseCents: mean('f0RmseCents'),
    f0FrameError: mean('f0FrameError'),
    realTimeFactor: total((s) => s) / total((s, i) => s / measured[i]!.realTimeFactor),
  };
}

/** An evaluation's means as rows for `formatTable`: one per method. Arrows show where better is. */
export const evaluationTable = ({ means }: Evaluation): Record<string, string>[] => methodRows(means);

/** The same of every clip. */
export const clipTable = ({ clips }: Evaluation): Record<string, string>[] =>
  clips.flatMap((clip) =>
    methodRows(clip).map((row) => ({ clip: clip.clip, s: clip.seconds.toFixed(2), ...row })),
  );

function methodRows({ vocoder, network, griffinLim }: PerMethod<SynthesisMetrics>): Record<string, string>[] {
  const row = (method: string, m: SynthesisMetrics) => ({
    method,
    'log-mel L1 ↓': cell(m.logMelL1, 4),
    'STFT distance ↓': cell(m.stftDistance, 4),
    'MCD dB ↓': cell(m.mcd, 2),
    'STOI ↑': cell(m.stoi, 4),
    'F0 cents ↓': cell(m.f0RmseCents, 1),
    'F0 errors ↓': cell(100 * m.f0FrameError, 1, ' %'),
    '× real time ↑': cell(m.realTimeFactor, 1),
  });
  return [
    row('vocoder', vocoder),
    ...(network ? [row('its network alone', network)] : []),
    row('Griffin-Lim', griffinLim),
  ];
}

/** A dash where there is nothing to measure, as the pitch of silence. */
const cell = (value: number, digits: number, unit = ''): string =>
  Number.isNaN(value) ? '–' : value.toFixed(digits) + unit;
