/**
 * @module The authors' tree of files (section 4):
 *
 * ```text
 * imgs/train/PERSON/VIDEO/SEQUENCE/FRAME.jpg        square pictures around heads (.png too)
 * keypoints/train/PERSON/VIDEO/SEQUENCE/FRAME.npy   [68, 2 or more] in pixels of the picture
 * segs/train/PERSON/VIDEO/SEQUENCE/FRAME.png        white where the person is
 * ```
 *
 * and the same under `test`, of people who are not trained on.
 */
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileError, InputError, isFolder } from '@sextant/io';
import { poseInBox } from '../crop.js';
import { readLandmarks, readPicture } from './files.js';
import { type Footage, type View, viewOf } from './view.js';

export const TREE_SPLITS = ['train', 'test'] as const;
export type TreeSplit = (typeof TREE_SPLITS)[number];

const PICTURES: readonly string[] = ['.jpg', '.jpeg', '.png'];

/** Where a frame's files are: a path below `imgs/SPLIT`, and the picture's extension. */
interface FramePath {
  readonly stem: string;
  readonly extension: string;
}

/** Videos of a split of a tree. Frames are looked up when a video is first asked for. */
export class TreeFootage implements Footage {
  readonly #known = new Map<number, Promise<readonly FramePath[]>>();

  private constructor(
    private readonly root: string,
    private readonly split: TreeSplit,
    private readonly videos: readonly string[],
    private readonly size: number,
  ) {}

  /**
   * @param size - rows and columns that pictures are shown at.
   * @throws InputError where the folder is no such tree.
   */
  static async open(root: string, split: TreeSplit, size: number): Promise<TreeFootage> {
    const videos: string[] = [];
    const people = join(root, 'imgs', split);
    for (const person of await names(people)) {
      for (const video of await names(join(people, person))) videos.push(join(person, video));
    }
    if (videos.length === 0)
      throw new InputError(`${people} holds no videos: it needs folders PERSON/VIDEO/SEQUENCE of pictures`);
    for (const kind of ['keypoints', 'segs']) {
      const folder = join(root, kind, split);
      if (!(await isFolder(folder)))
        throw new InputError(
          `there is no ${folder}: landmarks belong in keypoints, masks of people in segs, beside imgs`,
        );
    }
    return new TreeFootage(root, split, videos, size);
  }

  /** Whether a tree has a split. */
  static has(root: string, split: TreeSplit): Promise<boolean> {
    return isFolder(join(root, 'imgs', split));
  }

  get length(): number {
    return this.videos.length;
  }

  name(video: number): string {
    return this.videos[video]!;
  }

  async frames(video: number): Promise<number> {
    return (await this.#paths(video)).length;
  }

  async view(video: number, frame: number): Promise<View> {
    const { stem, extension } = (await this.#paths(video))[frame]!;
    const path = (kind: string, end: string) => join(this.root, kind, this.split, stem + end);
    const picture = await readPicture(path('imgs', extension));
    const mask = await readPicture(path('segs', '.png'));
    const landmarks = await readLandmarks(path('keypoints', '.npy'));
    if (picture.width !== picture.height) {
      throw new InputError(
        `${path('imgs', extension)}: ${picture.width} × ${picture.height}; training takes square pictures around heads`,
      );
    }
    return viewOf(picture, poseInBox(landmarks, { left: 0, top: 0, size: picture.width }), mask, this.size);
  }

  #paths(video: number): Promise<readonly FramePath[]> {
    const found = this.#known.get(video) ?? this.#list(this.videos[video]!);
    this.#known.set(video, found);
    return found;
  }

  async #list(video: string): Promise<readonly FramePath[]> {
    const folder = join(this.root, 'imgs', this.split, video);
    const frames: FramePath[] = [];
    for (const sequence of await names(folder)) {
      for (const file of await names(join(folder, sequence))) {
        const extension = extname(file);
        if (!PICTURES.includes(extension.toLowerCase())) continue;
        frames.push({ stem: join(video, sequence, file.slice(0, -extension.length)), extension });
      }
    }
    if (frames.length === 0) throw new InputError(`${folder} holds no pictures in folders of sequences`);
    return frames;
  }
}

/** What a folder holds, sorted, without hidden files. */
async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    throw fileError('read', folder, error);
  }
}
