/**
 * @module Editing in a page: what `import { Editor } from '@sextant/edit'` gives there.
 */
import {
  CodeEditor,
  decodeEstimator,
  decodeFlow,
  Editor,
  estimatorOf,
  flowOf,
  Observer,
  Synthesizer,
} from '@sextant/edit';

/** Bytes of the files of an editor's parts. */
export interface Parts {
  readonly generator: readonly number[];
  readonly estimator: readonly number[];
  readonly flow: readonly number[];
}

export interface PageApi {
  /** Samples a code, edits it, and gives the picture's bytes. */
  edit(parts: Parts, values: Readonly<Record<string, number>>): Promise<number[]>;
  /** What is said when there is nothing at an address. */
  refusal(folder: string): Promise<string>;
}

const api: PageApi = {
  edit: async (parts, values) => {
    const [estimator, flow] = [
      decodeEstimator(Uint8Array.from(parts.estimator)),
      decodeFlow(Uint8Array.from(parts.flow)),
    ];
    const editor = new Editor({
      synthesizer: Synthesizer.fromBytes(Uint8Array.from(parts.generator)),
      observer: new Observer(estimatorOf(estimator), estimator.config.table),
      codes: new CodeEditor(flowOf(flow), flow.config.table),
    });
    const [code] = await editor.sample(1, { seed: 1 });
    const session = await editor.open(code!);
    await session.set(values);
    const { data } = await session.render();
    await editor.release();
    return [...data];
  },
  refusal: (folder) =>
    Editor.load(folder).then(
      () => '',
      (error: Error) => `${error.name}: ${error.message}`,
    ),
};

Object.assign(globalThis, { api });
