/**
 * @module `--set` and `--light`: edits in the order in which they stand on the command line.
 */
import { InputError } from '@sextant/io';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AttributeTable, attributeValue, lightStrength } from '../attributes.js';
import type { EditSession } from '../session.js';

/** One edit: an attribute to a value, or a light by a strength. */
export interface Edit {
  readonly kind: 'attribute' | 'light';
  readonly name: string;
  readonly value: number;
}

/** Adds both options; the command's `edits` hold all of them in their order. */
export function withEdits(command: Command, edits: Edit[]): Command {
  const collect = (kind: Edit['kind']) => (text: string) => {
    edits.push({ kind, ...parsed(text) });
    return edits;
  };
  return command
    .addOption(
      new Option(
        '--set <name=value>',
        'an attribute and its value, such as yaw=20 (`sextant edit attributes` lists them); may stand many times',
      ).argParser(collect('attribute')),
    )
    .addOption(
      new Option(
        '--light <name=strength>',
        'a light and its strength, 0 to 1; may stand many times',
      ).argParser(collect('light')),
    );
}

/** `name=value`. @throws InvalidArgumentError */
export function parsed(text: string): Omit<Edit, 'kind'> {
  const match = /^([^=]+)=(.*\S.*)$/.exec(text);
  const value = Number(match?.[2]);
  if (!match || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a name and a number: yaw=20.');
  return { name: match[1]!.trim(), value };
}

/** `a=1,b=2` as edits of attributes. @throws InputError */
export function parsedList(text: string): Edit[] {
  try {
    return text.split(',').map((part) => ({ kind: 'attribute' as const, ...parsed(part) }));
  } catch {
    throw new InputError(`${text}: give names and numbers, such as yaw=20,smile=1`);
  }
}

/**
 * Lines for values that are brought into their range.
 *
 * @throws InputError for an attribute or a light that a table does not have.
 */
export const notesOf = (table: AttributeTable, edits: readonly Edit[]): string[] =>
  edits.flatMap(
    ({ kind, name, value }) =>
      (kind === 'light' ? lightStrength : attributeValue)(table, name, value).note ?? [],
  );

/** Carries edits out one after the other. */
export async function applyEdits(session: EditSession, edits: readonly Edit[]): Promise<void> {
  for (const { kind, name, value } of edits) {
    await (kind === 'light' ? session.light({ [name]: value }) : session.set({ [name]: value }));
  }
}
