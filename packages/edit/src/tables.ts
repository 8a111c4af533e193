/**
 * @module Tables of attributes by name, or from files.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, parseConfig, readFile, writeFile } from '@sextant/io';
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

/** What a folder of data tells its attributes by. */
const FILE = 'table.json';

/** Puts a table beside data of its attributes. */
export const writeAttributeTable = (folder: string, table: AttributeTable): Promise<void> =>
  writeFile(join(folder, FILE), [Buffer.from(`${JSON.stringify(table, null, 1)}\n`)]);

/**
 * The table of a folder of data: the one asked for, or the one that stands beside the data.
 *
 * @param name - as {@link readAttributeTable} takes it.
 * @throws InputError when neither is there.
 */
export async function attributeTableOf(folder: string, name: string | undefined): Promise<AttributeTable> {
  if (name !== undefined) return readAttributeTable(name);
  const path = join(folder, FILE);
  if (existsSync(path)) return readAttributeTable(path);
  throw new InputError(
    `${folder} has no ${FILE}, which tells the attributes: give --table ${Object.keys(TABLES).join(', ')} or a .json file`,
  );
}
