/**
 * @module Captioners in use: features to sentences.
 */
import { type Program, program } from '@sextant/engine';
import type { BiModalCaptioner, Features } from '../captioner.js';
import { greedy, type Sentences } from '../greedy.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { padded, type VideoFeatures } from '../video-features.js';

/** Segments that go through the network together. */
const BATCH = 32;

/** Writes what is to be seen and heard. */
export class Writer {
  private readonly write: Program<[Features], Sentences>;

  /** @param options.freeze - whether weights stay as they are (true), which is faster; otherwise later changes count. */
  constructor(
    captioner: BiModalCaptioner,
    private readonly vocabulary: Vocabulary,
    { maxLength, freeze = true }: { readonly maxLength: number; readonly freeze?: boolean },
  ) {
    const { dVid, dAud } = captioner.config;
    this.write = program(
      (features: Features) =>
        captioner.eval((m) => {
          const memory = m.encode(features);
          return greedy((ids) => m.decode(ids, memory), features.rgb.shape[0] as number, maxLength);
        }),
      {
        name: 'captions',
        freeze,
        inputs: [
          {
            rgb: { shape: [BATCH, 'V', dVid] },
            flow: { shape: [BATCH, 'V', dVid] },
            audio: { shape: [BATCH, 'A', dAud] },
          },
        ],
      },
    );
  }

  /** A sentence for each segment's features, in order. */
  async describe(segments: readonly VideoFeatures[]): Promise<string[]> {
    const sentences: string[] = [];
    for (let from = 0; from < segments.length; from += BATCH) {
      const part = segments.slice(from, from + BATCH);
      // Programs are compiled for a number of segments: the last batch is filled up.
      const full = [...part, ...new Array<VideoFeatures>(BATCH - part.length).fill(part[0]!)];
      const { ids } = await this.write(padded(full) as never);
      const width = ids.shape[1]!;
      for (let i = 0; i < part.length; i++) {
        sentences.push(
          this.vocabulary.decode(ids.data.slice(i * width, (i + 1) * width) as ArrayLike<number>),
        );
      }
    }
    return sentences;
  }

  /** Frees the compiled program. */
  release(): Promise<void> {
    return this.write.release();
  }
}
