/**
 * @module Editing in a page: what `import { Editor } from '@sextant/edit'` gives there.
 */
import { Editor } from '@sextant/edit';

export interface PageApi {
  /** Samples a code with the parts that come with the package, edits it, and gives the picture's bytes. */
  edit(values: Readonly<Record<string, number>>): Promise<number[]>;
  /** What is said when there is nothing at an address. */
  refusal(folder: string): Promise<string>;
}

const api: PageApi = {
  edit: async (values) => {
    const editor = await Editor.load();
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
