/**
 * @module A map of pictures as one HTML file that needs no network: move, zoom, and see what is under the pointer.
 */
import { createHash } from 'node:crypto';
import { InputError } from '@sextant/io';
import { PALETTE } from '@sextant/plot';
import { extentOf, type Features } from './evaluation/features.js';
import { labelsInOrder } from './label-order.js';
import { MAP_PAGE_SCRIPT } from './map-page-script.js';

/** Small pictures of all points in one picture, in rows from the top left. */
export interface Sprite {
  /** `data:image/png;base64,…`, or JPEG or WebP. */
  readonly uri: string;
  /** Size of one small picture in pixels. */
  readonly width: number;
  readonly height: number;
  /** Small pictures in a row. */
  readonly columns: number;
}

export interface MapPage {
  /** [N, 2] */
  readonly points: Features;
  readonly names: readonly string[];
  /** Classes, which give colours and a legend [N]. */
  readonly labels?: readonly string[] | undefined;
  readonly sprite?: Sprite | undefined;
  readonly title?: string;
}

/**
 * The page's HTML. A content security policy lets it run its own script only, and load nothing.
 *
 * @throws InputError when there are not as many names or labels as points, or the sprite is not a picture as data URI.
 */
export function mapPage({ points, names, labels, sprite, title = 'Map' }: MapPage): string {
  const [rows, width] = extentOf(points);
  if (width !== 2) throw new InputError(`a map takes points of 2 numbers, not of ${width}`);
  for (const given of [names, labels])
    if (given && given.length !== rows) throw new InputError(`${given.length} names for ${rows} points`);
  if (sprite) checkSprite(sprite);
  const classes = labelsInOrder(labels ?? []);
  const place = new Map(classes.map((label, i) => [label, i]));
  const data = {
    names,
    labels: classes,
    classes: Array.from({ length: rows }, (_, i) => (labels ? place.get(labels[i]!)! : 0)),
    colours: labelColours(Math.max(1, classes.length)),
    // Up is up: screens count downwards.
    points: Array.from(points.data, (v, i) => Number((i % 2 ? -v : v).toPrecision(6))),
    bounds: boundsOf(points),
    sprite: sprite ?? null,
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${sourceHash(MAP_PAGE_SCRIPT)}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<canvas id="map" aria-label="${escaped(`${title}: ${rows} points`)}" role="img"></canvas>
<nav id="legend" aria-label="labels"></nav>
<p id="help">drag to move, scroll to zoom, double-click to see all</p>
<figure id="tip" hidden><canvas id="picture"></canvas><figcaption id="caption"></figcaption></figure>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${MAP_PAGE_SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
html, body { margin: 0; height: 100%; overflow: hidden; background: #fff; font: 13px/1.4 Arial, Helvetica, sans-serif; color: #222 }
#map { position: fixed; inset: 0; width: 100vw; height: 100vh; touch-action: none; cursor: crosshair }
#legend { position: fixed; top: 8px; right: 8px; max-height: calc(100vh - 16px); overflow: auto; display: flex; flex-direction: column; gap: 2px }
#legend button { border: 0; background: #fffc; text-align: left; font: inherit; cursor: pointer; max-width: 16em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
#legend button[aria-pressed=false] { opacity: .35 }
#legend i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 6px }
#help { position: fixed; left: 10px; bottom: 4px; margin: 0; color: #767676; pointer-events: none }
#tip { position: fixed; margin: 0; padding: 6px; background: #fff; border: 1px solid #999; border-radius: 4px; box-shadow: 0 2px 8px #0003; pointer-events: none; max-width: 280px }
#tip[hidden] { display: none }
#caption { overflow-wrap: anywhere }
#picture { display: block }
`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ENTITIES[c]!);

/** JSON that cannot end the element it stands in. */
const scriptJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

const sourceHash = (script: string): string =>
  `sha256-${createHash('sha256').update(script).digest('base64')}`;

function checkSprite({ uri, width, height, columns }: Sprite): void {
  if (!/^data:image\/(png|jpeg|webp);base64,[A-Za-z0-9+/]+=*$/.test(uri))
    throw new InputError('the small pictures are not a PNG, JPEG or WebP as a base64 data URI');
  if (![width, height, columns].every((n) => Number.isInteger(n) && n > 0))
    throw new InputError(
      `small pictures of ${width} × ${height} in rows of ${columns}; give whole numbers above 0`,
    );
}

/** Left, top, right and bottom, with y counted downwards. */
function boundsOf({ data }: Features): number[] {
  const bounds = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (let i = 0; i < data.length; i += 2) {
    const [x, y] = [data[i]!, -data[i + 1]!];
    bounds[0] = Math.min(bounds[0]!, x);
    bounds[1] = Math.min(bounds[1]!, y);
    bounds[2] = Math.max(bounds[2]!, x);
    bounds[3] = Math.max(bounds[3]!, y);
  }
  return bounds;
}

/** The charts' colours as far as they go, else hues round the circle, light and dark by turns. */
const labelColours = (count: number): readonly string[] =>
  count <= PALETTE.length
    ? PALETTE.slice(0, count)
    : Array.from(
        { length: count },
        (_, i) => `hsl(${Math.round((360 * i) / count)} ${i % 2 ? 60 : 80}% ${i % 2 ? 36 : 52}%)`,
      );
