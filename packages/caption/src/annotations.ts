/**
 * @module Files of captions: ActivityNet's annotations and submissions to its challenge.
 */
import { parseConfig, readFile } from '@sextant/io';
import { parseJson } from '@sextant/system';
import { z } from 'zod';
import type { Caption, Captions } from './evaluation/dense.js';

const time = z.number();
const Span = z.tuple([time, time]);

const Annotations = z.record(
  z.string(),
  z
    .object({ duration: time.optional(), timestamps: z.array(Span), sentences: z.array(z.string()) })
    .refine(({ timestamps, sentences }) => timestamps.length === sentences.length, {
      message: 'timestamps and sentences are not equally many',
    }),
);

const Submission = z.object({
  results: z.record(
    z.string(),
    z.array(
      z.object({
        sentence: z.string(),
        timestamp: Span,
        proposal_score: z.union([z.number(), z.array(z.number())]).optional(),
      }),
    ),
  ),
});

/** A video as it was annotated. */
export interface AnnotatedVideo {
  /** In seconds; the last caption's end where the file does not say. */
  readonly duration: number;
  readonly captions: readonly Caption[];
}

/** `{video: {duration, timestamps: [[start, end], …], sentences: […]}}`. @throws InputError */
export async function readVideos(path: string): Promise<ReadonlyMap<string, AnnotatedVideo>> {
  const parsed = await readJson(path, Annotations);
  return new Map(
    Object.entries(parsed).map(([video, { duration, timestamps, sentences }]) => [
      video,
      {
        duration: duration ?? Math.max(...timestamps.map(([, end]) => end)),
        captions: timestamps.map(([start, end], i): Caption => ({ start, end, sentence: sentences[i]! })),
      },
    ]),
  );
}

/** The captions of {@link readVideos}. @throws InputError */
export const readAnnotations = async (path: string): Promise<Captions> => captionsOf(await readVideos(path));

export const captionsOf = (videos: ReadonlyMap<string, AnnotatedVideo>): Captions =>
  new Map([...videos].map(([video, { captions }]) => [video, captions]));

/** `{results: {video: [{sentence, timestamp: [start, end]}, …]}}`. @throws InputError */
export async function readSubmission(path: string): Promise<Captions> {
  const { results } = await readJson(path, Submission);
  return new Map(
    Object.entries(results).map(([video, captions]) => [
      video,
      captions.map(({ sentence, timestamp: [start, end] }): Caption => ({ start, end, sentence })),
    ]),
  );
}

/** What {@link readSubmission} reads. */
export const submissionOf = (captions: Captions): z.output<typeof Submission> => ({
  results: Object.fromEntries(
    [...captions].map(([video, all]) => [
      video,
      all.map(({ start, end, sentence }) => ({ sentence, timestamp: [start, end] as [number, number] })),
    ]),
  ),
});

const readJson = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
  parseConfig(schema, parseJson(path, await readFile(path)), path);
