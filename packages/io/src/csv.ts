/**
 * @module Reading CSV and its relatives as a stream of rows.
 */
import { StringDecoder } from 'node:string_decoder';
import Papa from 'papaparse';
import type { ByteStream } from './byte-stream.js';
import { InputError, quote } from './errors.js';
import type { RowBatch, TableFile } from './table.js';

export interface CsvOptions {
  /** What separates cells; recognised among comma, semicolon, tab and bar where it is not given. */
  readonly delimiter?: string;
  /** The longest row in characters; default 64 Mi. A file with no line breaks is not read into memory whole. */
  readonly maxRowLength?: number;
}

const DELIMITERS = [',', ';', '\t', '|'];
const MAX_ROW_LENGTH = 2 ** 26;
/** Characters that delimiters are recognised in. */
const SAMPLE = 2 ** 18;

/**
 * Opens a CSV. Cells may be quoted as RFC 4180 says; lines may end in LF, CRLF or CR; a byte order mark and blank lines
 * are left out.
 *
 * @throws InputError while reading, with the number of the row: rows of unequal lengths, quotes that are not closed,
 * NUL bytes, what is not UTF-8, rows that are longer than the limit.
 */
export async function openCsv(bytes: ByteStream, options: CsvOptions = {}): Promise<TableFile> {
  const { head } = bytes;
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    await bytes.close();
    throw new InputError(`${bytes.name}: it is UTF-16 text; save it as UTF-8`);
  }
  const text = texts(bytes.chunks);
  const first = await text.next();
  const sample = first.done ? '' : first.value;
  const delimiter = options.delimiter ?? delimiterOf(sample.slice(0, SAMPLE));
  async function* all() {
    try {
      yield sample;
      // Not `yield*`: V8 then keeps the pieces until a full collection, which takes a third of the time.
      for await (const piece of text) yield piece;
    } finally {
      await text.return(undefined);
    }
  }
  const batches = parse(all(), bytes.name, delimiter, options.maxRowLength ?? MAX_ROW_LENGTH);
  return { format: 'csv', delimiter, batches };
}

/** The delimiter that cuts the first lines into the most even rows. */
function delimiterOf(sample: string): string {
  const { meta } = Papa.parse(sample, { preview: 20, delimitersToGuess: DELIMITERS });
  return DELIMITERS.includes(meta.delimiter) ? meta.delimiter : ',';
}

/** Decoded text with LF line ends and no byte order mark. */
async function* texts(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let start = true;
  let carry = '';
  for await (const chunk of chunks) {
    let text = carry + decoder.write(chunk);
    if (text === '') continue;
    if (start && text.startsWith('\ufeff')) text = text.slice(1);
    start = false;
    // The LF of a CR at the end comes with the next piece.
    carry = text.endsWith('\r') ? '\r' : '';
    if (carry) text = text.slice(0, -1);
    yield text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  }
  yield carry.replace('\r', '\n') + decoder.end();
}

/** Characters that no table holds as text. */
const FOREIGN = [
  ['\0', 'it holds a NUL byte; is the file damaged, or not text?'],
  ['\ufffd', 'it holds bytes that are not UTF-8; save the file as UTF-8'],
] as const;

interface Parsed {
  readonly data: string[][];
  readonly errors: readonly { readonly row?: number }[];
  readonly meta: { readonly cursor: number };
}

async function* parse(
  text: AsyncIterable<string>,
  name: string,
  delimiter: string,
  maxRowLength: number,
): AsyncGenerator<RowBatch> {
  const parser = new Papa.Parser({ delimiter, newline: '\n' });
  const checked = new RowCheck(name, delimiter);
  let rest = '';
  let wanted = 0;
  const take = (isLast: boolean): string[][] => {
    checked.text(rest);
    const { data, errors, meta } = parser.parse(rest, 0, !isLast) as Parsed;
    rest = rest.slice(meta.cursor);
    if (errors[0]) checked.fail(errors[0].row ?? 0, 'a quote is misplaced or not closed');
    return data;
  };
  for await (const chunk of text) {
    rest += chunk;
    if (rest.length < wanted) continue;
    const rows = take(false);
    // A row longer than a piece is not parsed again with every piece.
    wanted = rows.length === 0 ? 2 * rest.length : 0;
    for (const batch of checked.rows(rows)) yield batch;
    if (rest.length > maxRowLength) {
      checked.fail(0, `it is longer than ${maxRowLength} characters; is a quote not closed?`);
    }
  }
  if (rest === '') return;
  for (const batch of checked.rows(take(true))) yield batch;
}

/** Numbers rows and refuses those that cannot belong to a table. */
class RowCheck {
  /** Number of the next row. */
  private next = 1;
  private width: number | undefined;

  constructor(
    private readonly name: string,
    private readonly delimiter: string,
  ) {}

  /** @param ahead - rows after the next one */
  fail(ahead: number, what: string): never {
    throw new InputError(`${this.name}: row ${this.next + ahead}: ${what}`);
  }

  text(text: string): void {
    for (const [mark, what] of FOREIGN) {
      const at = text.indexOf(mark);
      if (at >= 0) this.fail(text.slice(0, at).split('\n').length - 1, what);
    }
  }

  /** The rows without blank lines. In a table of one column a blank line is an empty cell. */
  rows(rows: readonly string[][]): RowBatch[] {
    const batches: RowBatch[] = [];
    let from = 0;
    for (const [i, cells] of rows.entries()) {
      const isBlank = cells.length === 1 && cells[0] === '';
      if (!isBlank) this.width ??= cells.length;
      if (cells.length === this.width) continue;
      if (!isBlank) {
        const advice = `is a cell with ${quote(this.delimiter)} in it not quoted, or is the delimiter another one?`;
        this.fail(i, `it has ${cells.length} cells and the rows before have ${this.width}; ${advice}`);
      }
      if (i > from) batches.push({ firstRow: this.next + from, rows: rows.slice(from, i) });
      from = i + 1;
    }
    if (rows.length > from)
      batches.push({ firstRow: this.next + from, rows: from === 0 ? rows : rows.slice(from) });
    this.next += rows.length;
    return batches;
  }
}
