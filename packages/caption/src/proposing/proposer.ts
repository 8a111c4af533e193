/**
 * @module Proposal generators in use: features of a video to segments (section 5).
 */
import { NDArray, type Program, program, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { Features } from '../captioner.js';
import { PADDING } from '../masks.js';
import type { ProposalGenerator } from '../proposals.js';
import { type Segment, segmentsOfDataset } from '../segments.js';
import type { VideoFeatures } from '../video-features.js';
import type { ProposalModelConfig } from './config.js';

export interface ProposeOptions {
  /** How many segments, by confidence (100). */
  readonly count?: number;
  /** Segments that overlap a better one by so much are left out; none if absent. */
  readonly overlap?: number;
}

/** Finds where something happens. */
export class Proposer {
  private readonly predict: Program<[Features], Tensor>;

  /** @param options.freeze - whether weights stay as they are (true), which is faster; otherwise later changes count. */
  constructor(
    generator: ProposalGenerator,
    private readonly rows: ProposalModelConfig['rows'],
    { freeze = true }: { readonly freeze?: boolean } = {},
  ) {
    this.predict = program((features: Features) => generator.eval((g) => g.forward(features)), {
      name: 'proposals',
      freeze,
    }) as never;
  }

  /** The likeliest segments of a video that lasts `duration` seconds, the best first. @throws InputError when it is too long. */
  async propose(
    features: VideoFeatures,
    duration: number,
    { count = 100, overlap }: ProposeOptions = {},
  ): Promise<Segment[]> {
    const { data } = await this.predict(filledUp([features], this.rows) as never);
    const numbers = data as Float32Array;
    const best = likeliest(numbers, count).map((i) => ({
      centre: numbers[3 * i]!,
      length: numbers[3 * i + 1]!,
      confidence: numbers[3 * i + 2]!,
    }));
    return segmentsOfDataset(best, { duration, count, ...(overlap !== undefined && { overlap }) });
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.predict.release();
  }
}

/** The rows of the highest third column of [N, 3]: there may be a million of them. */
function likeliest(numbers: Float32Array, count: number): number[] {
  const confidences = Float32Array.from({ length: numbers.length / 3 }, (_, i) => numbers[3 * i + 2]!);
  const least = Float32Array.from(confidences).sort().at(-count) ?? Number.NEGATIVE_INFINITY;
  const rows: number[] = [];
  for (const [i, confidence] of confidences.entries()) if (confidence >= least) rows.push(i);
  return rows.sort((a, b) => confidences[b]! - confidences[a]!).slice(0, count);
}

/** Features of whole videos side by side, padded to what the network looks at. @throws InputError when one is longer. */
export function filledUp(all: readonly VideoFeatures[], rows: ProposalModelConfig['rows']): VideoFeatures {
  const fill = (name: keyof Features, length: number, value: number): NDArray<'float32'> => {
    const width = all[0]![name].shape[1]!;
    const data = new Float32Array(all.length * length * width).fill(value);
    for (const [i, features] of all.entries()) {
      const { data: own, shape } = features[name];
      if (shape[0]! > length) {
        throw new InputError(
          `a video has ${shape[0]} rows of ${name} features; ${length} are looked at: cut it into shorter ones`,
        );
      }
      data.set(own, i * length * width);
    }
    return new NDArray(data, [all.length, length, width], 'float32');
  };
  return {
    rgb: fill('rgb', rows.video, PADDING),
    flow: fill('flow', rows.video, 0),
    audio: fill('audio', rows.audio, PADDING),
  };
}
