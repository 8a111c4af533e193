/**
 * @module `sextant edit attributes`
 */
import { formatTable, printResult } from '@sextant/system';
import { Command } from 'commander';
import type { AttributeTable } from '../attributes.js';
import { readTable } from '../load.js';
import { modelOption } from './options.js';

export const attributesCommand = (): Command =>
  new Command('attributes')
    .summary('list what can be edited')
    .description(
      'Attributes with the ends of their sliders and the rows of a code that they change, and lights.',
    )
    .addOption(modelOption())
    .option('--json', 'print the table as JSON')
    .action(async ({ model, json }: { readonly model?: string; readonly json?: boolean }) => {
      const table = await readTable(model);
      printResult(json, table, () => text(table));
    });

const text = ({ attributes, lights, lightRows }: AttributeTable): string =>
  formatTable([
    ...attributes.map(({ name, range: [low, high], rows }) => ({
      edit: `--set ${name.toLowerCase()}=`,
      from: String(low),
      to: String(high),
      rows: rows.join(' to '),
    })),
    ...Object.keys(lights).map((name) => ({
      edit: `--light ${name}=`,
      from: '0',
      to: '1',
      rows: lightRows.join(' to '),
    })),
  ]);
