/**
 * @module Options and progress that several verbs share.
 */
import { Progress } from '@sextant/train';
import { Option } from 'commander';

/** Where the encoder is from. */
export const weightsOption = (): Option =>
  new Option('--weights <path>', 'run folder, or .safetensors (default: the embedded weights)');

/** Progress of `embedSet`. */
export class PictureProgress {
  private readonly progress: Progress;

  constructor(quiet: boolean | undefined) {
    this.progress = new Progress({ quiet: quiet ?? false });
  }

  readonly say = (line: string): void => this.progress.say(line);

  readonly update = (done: number, total: number): void => this.progress.show(`${done} of ${total} pictures`);

  close(): void {
    this.progress.close();
  }
}
