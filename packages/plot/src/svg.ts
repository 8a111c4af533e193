/**
 * @module Writing SVG: elements, and text whose width is known without a font.
 */

/** Drawn text and pictures of it agree: Arimo is as wide as Arial and Helvetica, letter by letter. */
export const FONT = 'Arimo, Arial, Helvetica, sans-serif';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in XML; characters that XML does not allow become U+FFFD. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (c) => ENTITIES[c]!);

/** An element. Numbers are rounded to hundredths; undefined attributes are left out. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value!)}"`)
    .join('');
  const inner = children.join('');
  return inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A line of text; `anchor` says which end x is. */
export const textElement = (
  content: string,
  { anchor = 'start', ...attributes }: Attributes & { readonly anchor?: 'start' | 'middle' | 'end' },
): string =>
  element(
    'text',
    { 'text-anchor': anchor === 'start' ? undefined : anchor, ...attributes },
    escaped(content),
  );

// biome-ignore format: one row for each 16 characters, from space on
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
  556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
  1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
  667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
  333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
  556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/** Width of text in pixels: Arial's for ASCII, an estimate for other characters. */
export const textWidth = (text: string, size: number): number =>
  [...text].reduce((sum, c) => sum + (WIDTHS[c.codePointAt(0)! - 32] ?? 600), 0) * (size / 1000);

/** Text cut to a width, with an ellipsis where something is missing. */
export function fitted(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
