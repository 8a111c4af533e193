/**
 * @module `sextant avatar import` and `export`
 */
import { extname } from 'node:path';
import { checkOutputs, InputError, writeFile } from '@sextant/io';
import { printResult } from '@sextant/system';
import { Command } from 'commander';
import { loadAvatarModel } from '../load.js';
import { importOfficial } from '../official.js';
import { encodeWeights } from '../weights.js';
import { avatarOf, landmarksOption, maskOption, weightsOption } from './options.js';

interface ExportCommandOptions {
  readonly output: string;
  readonly landmarks?: string;
  readonly mask?: string;
  readonly weights?: string;
  readonly json?: boolean;
}

export const exportCommand = (): Command =>
  new Command('export')
    .summary('write one person as an ONNX program of poses, or the networks as one file')
    .description(
      'By the extension of the output. .onnx: the part of the networks that is run for each frame, for the person of PHOTO; pose ' +
        'float32 [1, 1, 136] in (x and y of the landmarks, -1 to 1 of the crop), image [1, 1, 3, S, S] of -1 to 1 and mask [1, 1, 1, S, S] ' +
        'out. .safetensors: weights and configuration, for --weights.',
    )
    .argument('[photo]', 'picture of a person, for .onnx')
    .requiredOption('-o, --output <file>', 'required: file to write')
    .addOption(landmarksOption())
    .addOption(maskOption())
    .addOption(weightsOption())
    .option('--json', 'print what was written as JSON')
    .action(async (photo: string | undefined, options: ExportCommandOptions) => {
      const { output, landmarks, mask, weights, json } = options;
      const extension = extname(output).toLowerCase();
      if (extension !== '.onnx' && extension !== '.safetensors') {
        throw new InputError(`${output}: the extension says what to write: .onnx or .safetensors`);
      }
      await checkOutputs([photo, landmarks, mask, weights], [output]);
      const model = await loadAvatarModel(weights);
      try {
        if (extension === '.safetensors') {
          await writeFile(output, [model.save()]);
        } else {
          if (photo === undefined || landmarks === undefined)
            throw new InputError(`${output} is of one person: give PHOTO and --landmarks`);
          const avatar = await avatarOf(model, { picture: photo, landmarks, mask });
          await writeFile(output, [await avatar.export()]);
          await avatar.release();
        }
        const { imageSize } = model;
        printResult(json, { output, imageSize }, () => `${output}: frames of ${imageSize} × ${imageSize}`);
      } finally {
        await model.release();
      }
    });

interface ImportCommandOptions {
  readonly output: string;
  readonly json?: boolean;
}

export const importCommand = (): Command =>
  new Command('import')
    .summary("turn the authors' checkpoints into our weights")
    .description(
      'Reads EPOCH_NETWORK.pth of all networks, the newest epoch of each, and args.txt beside them (without it the released options). Give ' +
        'the folder of the base networks and, to have the texture enhancer, that of its experiment.',
    )
    .argument('<folders...>', 'experiments, or their folders of checkpoints')
    .requiredOption('-o, --output <file>', 'required: .safetensors file to write')
    .option('--json', 'print what was written as JSON')
    .action(async (folders: string[], { output, json }: ImportCommandOptions) => {
      if (extname(output).toLowerCase() !== '.safetensors') {
        throw new InputError(`${output}: weights are written as .safetensors`);
      }
      await checkOutputs(folders, [output]);
      const { weights, files } = await importOfficial(folders);
      await writeFile(output, [encodeWeights(weights)]);
      const { networks, enhancer } = weights.config;
      printResult(
        json,
        { output, files, enhancer, imageSize: networks.imageSize },
        () => `${output}: ${files.length} networks, ${enhancer ? 'with' : 'without'} a texture enhancer`,
      );
    });
