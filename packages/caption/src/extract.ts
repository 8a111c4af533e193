/**
 * @module Features of a video file: I3D's of its pictures and of their optical flow, VGGish's of its sound (section 2).
 */
import { availableParallelism } from 'node:os';
import {
  add,
  clamp,
  div,
  mul,
  NDArray,
  type Program,
  program,
  reshape,
  round,
  slice,
  sub,
  type Tensor,
} from '@sextant/engine';
import { type Image, readVideo, resize } from '@sextant/image';
import { InputError, openAudio } from '@sextant/io';
import type { I3D } from './i3d.js';
import { opticalFlow } from './optical-flow.js';
import { EXAMPLE_SAMPLES, EXAMPLE_STEP, logMelExamples, SAMPLE_RATE, type VGGish } from './vggish.js';
import type { VideoFeatures } from './video-features.js';

/** Pictures in a second, and the shorter side that they are brought to. */
const [FPS, SHORTER_SIDE] = [25, 256];
/** Side of the middle square that I3D looks at. */
const CROP = 224;
/** Pictures that a row of features is made of, and the one after them, to which the last one's flow leads. */
const STACK = 64;
/** A last stack of fewer pictures than this share of one is left out; one of more goes on from its beginning. */
const LEAST = 0.2 * (STACK + 1);
/** Flow beyond this many pixels counts as this. */
const FASTEST = 20;
/** Examples of sound that go through VGGish at once. */
const EXAMPLES = 8;

/** What features are made by. */
export interface Extractors {
  readonly rgb: I3D;
  readonly flow: I3D;
  readonly vggish: VGGish;
}

export interface ExtractOptions {
  /** Told after each row of picture features. */
  readonly onProgress?: (rows: number) => void;
}

/**
 * Makes the features that the bi-modal Transformer reads, from video files.
 *
 * @example
 * const extractor = new FeatureExtractor({ rgb, flow, vggish });
 * const { rgb, flow, audio } = await extractor.extract('video.mp4');
 */
export class FeatureExtractor {
  private readonly rgb: Program<[Tensor], Tensor>;
  private readonly flow: Program<[Tensor], Tensor>;
  private readonly moves: Program<[Tensor, Tensor], Tensor>;
  private readonly sound: Program<[Tensor], Tensor>;

  constructor({ rgb, flow, vggish }: Extractors) {
    const vectors = (network: I3D, name: string) =>
      program((clips: Tensor) => network.eval((n) => n.forward(clips)), { name, freeze: true });
    this.rgb = vectors(rgb, 'i3dOfPictures');
    this.flow = vectors(flow, 'i3dOfFlow');
    this.moves = program((from: Tensor, to: Tensor) => quantized(middle(opticalFlow(from, to))), {
      name: 'opticalFlow',
    });
    this.sound = program(
      (sound: Tensor) =>
        vggish.eval((v) => {
          const examples = logMelExamples(sound, sound.shape[0] as number);
          const [n, frames, bands] = examples.shape as [number, number, number];
          return v.forward(reshape(examples, [n, 1, frames, bands]));
        }),
      { name: 'vggish', freeze: true },
    );
  }

  /**
   * @returns rgb and flow [rows, 1024], a row for each 2.56 s, and audio [rows, 128], one for each 0.96 s.
   * @throws InputError when the file cannot be read, is too short, or has no pictures or no sound.
   */
  async extract(path: string, { onProgress }: ExtractOptions = {}): Promise<VideoFeatures> {
    // Sound first: it takes little, and where there is none, the rest is for nothing.
    const audio = await this.soundOf(path);
    if (audio.length === 0) throw tooShort(path, EXAMPLE_SAMPLES / SAMPLE_RATE, 'sound');
    const [rgb, flow]: [NDArray[], NDArray[]] = [[], []];
    for await (const stack of stacksOf(path)) {
      rgb.push(await this.rgb(clipOf(stack.slice(0, STACK))));
      flow.push(await this.flow(await this.flowOf(stack)));
      onProgress?.(rgb.length);
    }
    if (rgb.length === 0) throw tooShort(path, LEAST / FPS, 'pictures');
    return { rgb: rows(rgb), flow: rows(flow), audio: rows(audio) };
  }

  /** Flow from each picture of a stack to the next one [1, 2, 64, 224, 224], from -1 to 1. */
  private async flowOf(stack: readonly Image[]): Promise<NDArray<'float32'>> {
    const plane = CROP ** 2;
    const clip = new Float32Array(2 * STACK * plane);
    // Where pictures are repeated, so is their flow.
    const again = stack.indexOf(stack[0]!, 1);
    const pairs = again > 0 ? again : STACK;
    const greys = stack.slice(0, pairs + 1).map(greyOf);
    // Each pair is small, so one thread does one of them.
    const workers = Array.from({ length: availableParallelism() }, async (_, first) => {
      for (let i = first; i < pairs; i += availableParallelism()) {
        const { data } = await this.moves(greys[i]!, greys[i + 1]!);
        for (let t = i; t < STACK; t += pairs) {
          for (const k of [0, 1])
            clip.set((data as Float32Array).subarray(k * plane, (k + 1) * plane), (k * STACK + t) * plane);
        }
      }
    });
    await Promise.all(workers);
    return new NDArray(clip, [1, 2, STACK, CROP, CROP], 'float32');
  }

  private async soundOf(path: string): Promise<NDArray[]> {
    const found: NDArray[] = [];
    for await (const part of partsOf(path))
      found.push(await this.sound(new NDArray(part, [part.length], 'float32')));
    return found;
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    await Promise.all([this.rgb, this.flow, this.moves, this.sound].map((each) => each.release()));
  }
}

const tooShort = (path: string, seconds: number, of: string): InputError =>
  new InputError(`${path}: it is too short: ${seconds.toFixed(2)} s of ${of} are needed`);

/** Stacks of pictures of a video, each with the one that follows it, where the next one begins. */
export async function* stacksOf(path: string): AsyncGenerator<Image[]> {
  let stack: Image[] = [];
  for await (const frame of readVideo(path, { fps: FPS })) {
    stack.push(smaller(frame));
    if (stack.length <= STACK) continue;
    yield stack;
    stack = stack.slice(STACK);
  }
  // As the authors' features were made.
  if (stack.length >= LEAST) yield Array.from({ length: STACK + 1 }, (_, i) => stack[i % stack.length]!);
}

function smaller(frame: Image): Image {
  const scale = SHORTER_SIDE / Math.min(frame.width, frame.height);
  const [width, height] = [frame.width, frame.height].map((side) => Math.floor(side * scale)) as [
    number,
    number,
  ];
  return resize(frame, width, height, 'bilinear');
}

/** First row and column of the middle square. */
const cornerOf = (height: number, width: number): [number, number] => [
  Math.floor((height - CROP) / 2),
  Math.floor((width - CROP) / 2),
];

/** Middle squares of pictures [1, 3, T, 224, 224], from -1 to 1. */
function clipOf(frames: readonly Image[]): NDArray<'float32'> {
  const plane = CROP ** 2;
  const clip = new Float32Array(3 * frames.length * plane);
  for (const [t, { width, height, data }] of frames.entries()) {
    const [top, left] = cornerOf(height, width);
    for (let p = 0; p < plane; p++) {
      const from = 3 * ((top + Math.floor(p / CROP)) * width + left + (p % CROP));
      for (let c = 0; c < 3; c++) clip[(c * frames.length + t) * plane + p] = (2 * data[from + c]!) / 255 - 1;
    }
  }
  return new NDArray(clip, [1, 3, frames.length, CROP, CROP], 'float32');
}

/** Brightness [1, 1, H, W] from 0 to 255 (ITU-R BT.601). */
function greyOf({ width, height, data }: Image): NDArray<'float32'> {
  const grey = Float32Array.from(
    { length: width * height },
    (_, i) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!,
  );
  return new NDArray(grey, [1, 1, height, width], 'float32');
}

/** The middle square of a flow [N, 2, H, W]. */
function middle(flow: Tensor): Tensor {
  const [height, width] = flow.shape.slice(2) as [number, number];
  const [top, left] = cornerOf(height, width);
  return slice(slice(flow, 2, top, top + CROP), 3, left, left + CROP);
}

/** A flow as levels of 8 bits, which I3D was trained on, from -1 to 1. */
function quantized(flow: Tensor): Tensor {
  const levels = round(add(mul(clamp(flow, -FASTEST, FASTEST), 255 / (2 * FASTEST)), 128));
  return sub(div(mul(levels, 2), 255), 1);
}

/** Sound of a file at VGGish's rate, in parts that hold a few examples each. */
async function* partsOf(path: string): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const step = EXAMPLES * EXAMPLE_STEP;
  const rest = EXAMPLE_SAMPLES - EXAMPLE_STEP;
  let held = new Float32Array(0);
  for await (const block of await openAudio(path, { sampleRate: SAMPLE_RATE, mono: true })) {
    const longer = new Float32Array(held.length + block.length);
    longer.set(held);
    longer.set(block, held.length);
    held = longer;
    // Examples overlap by what the last window of each reaches into the next one.
    for (; held.length >= step + rest; held = held.slice(step)) yield held.slice(0, step + rest);
  }
  const last = Math.floor((held.length - rest) / EXAMPLE_STEP);
  if (last > 0) yield held.slice(0, last * EXAMPLE_STEP + rest);
}

/** Arrays [n, width] below one another. */
function rows(parts: readonly NDArray[]): NDArray<'float32'> {
  const width = parts[0]!.shape[1]!;
  const data = new Float32Array(parts.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { data: part } of parts) {
    data.set(part as Float32Array, at);
    at += part.length;
  }
  return new NDArray(data, [data.length / width, width], 'float32');
}
