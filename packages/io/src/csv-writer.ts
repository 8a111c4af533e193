/**
 * @module Writing CSV.
 */
import type { OutputFile, OutputStream } from './files.js';

/** A row as CSV text with its line end: cells quoted where they have to be (RFC 4180). Numbers that are NaN are empty. */
export const csvRow = (cells: readonly (string | number)[], delimiter = ','): string =>
  `${cells.map((cell) => csvCell(cell, delimiter)).join(delimiter)}\n`;

function csvCell(cell: string | number, delimiter: string): string {
  if (typeof cell === 'number') return Number.isNaN(cell) ? '' : String(cell);
  const special = cell.includes(delimiter) || /["\r\n]|^\s|\s$/.test(cell);
  return special ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const PIECE_CHARACTERS = 2 ** 16;

/** Writes rows to a file, gathered to pieces. The caller commits or aborts the file. */
export async function writeCsv(
  output: OutputFile | OutputStream,
  rows: Iterable<readonly (string | number)[]>,
): Promise<void> {
  let piece = '';
  for (const row of rows) {
    piece += csvRow(row);
    if (piece.length < PIECE_CHARACTERS) continue;
    await output.append(Buffer.from(piece));
    piece = '';
  }
  await output.append(Buffer.from(piece));
}
