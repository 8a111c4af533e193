/**
 * @module Tables of attributes by name, or from files.
 */
import { InputError, parseConfig, readFile } from '@sextant/io';
import { parseJson } from '@sextant/system';
import { type AttributeTable, AttributeTableSchema, FACES, HEADS } from './attributes.js';

export const TABLES = { faces: FACES, heads: HEADS } as const satisfies Readonly<
  Record<string, AttributeTable>
>;

/** A table by its name, or of a JSON file. @throws InputError when it is neither. */
export async function readAttributeTable(name: string): Promise<AttributeTable> {
  if (Object.hasOwn(TABLES, name)) return TABLES[name as keyof typeof TABLES];
  if (!name.toLowerCase().endsWith('.json')) {
    throw new InputError(`there is no table ${name}; give ${Object.keys(TABLES).join(', ')} or a .json file`);
  }
  return parseConfig(AttributeTableSchema, parseJson(name, await readFile(name)), name);
}
