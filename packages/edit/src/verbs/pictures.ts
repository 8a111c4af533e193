/**
 * @module Folders of pictures that verbs train on.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the pictures of a folder are: in `images`, or beside what they show. */
export const picturesIn = (folder: string): string => {
  const images = join(folder, 'images');
  return existsSync(images) ? images : folder;
};
