/** Pixels of a picture: row-major, channels interleaved [H, W, 3], 0 to 255. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
}
