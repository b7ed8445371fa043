/**
 * A number in a picture that a machine can read after lossy coding: a row of black and white
 * blocks for its bits, most significant first, and below it the same row inverted, so that a
 * picture between two frames, or none at all, is not taken for a number.
 */

/** Numbers are below 2 to this power. */
export const PATTERN_BITS = 10;
export const PATTERN_NUMBERS = 1 << PATTERN_BITS;

/** Where the pattern lies in a picture of 640 × 360: block size and position, pixels. */
export const PATTERN = {
  pictureWidth: 640,
  pictureHeight: 360,
  x: 0,
  y: 0,
  block: 32,
  width: PATTERN_BITS * 32,
  height: 64,
} as const;

/** One grey pixel a block: `PATTERN_BITS` by 2, row by row. */
export function patternPixels(number: number): Uint8Array {
  const pixels = new Uint8Array(PATTERN_BITS * 2);
  for (let bit = 0; bit < PATTERN_BITS; bit += 1) {
    const on = ((number >> (PATTERN_BITS - 1 - bit)) & 1) === 1;
    pixels[bit] = on ? 235 : 16;
    pixels[PATTERN_BITS + bit] = on ? 16 : 235;
  }
  return pixels;
}

/** The number in a pattern's pixels (grey values 0 to 255, one a block); `undefined` for none. */
export function readPattern(pixels: ArrayLike<number>): number | undefined {
  let number = 0;
  for (let bit = 0; bit < PATTERN_BITS; bit += 1) {
    const upper = pixels[bit] ?? 0;
    const lower = pixels[PATTERN_BITS + bit] ?? 0;
    if (Math.abs(upper - lower) < 80) return undefined;
    number = (number << 1) | (upper > lower ? 1 : 0);
  }
  return number;
}
