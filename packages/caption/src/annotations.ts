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

/** `{video: {duration, timestamps: [[start, end], …], sentences: […]}}`. @throws InputError */
export async function readAnnotations(path: string): Promise<Captions> {
  const parsed = await readJson(path, Annotations);
  return new Map(
    Object.entries(parsed).map(([video, { timestamps, sentences }]) => [
      video,
      timestamps.map(([start, end], i): Caption => ({ start, end, sentence: sentences[i]! })),
    ]),
  );
}

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

const readJson = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
  parseConfig(schema, parseJson(path, await readFile(path)), path);
