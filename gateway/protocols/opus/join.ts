/**
 * Two Opus packets of one frame each as one packet of two (RFC 6716, 3.2.3 and 3.2.4), which costs
 * no encoding:
 *
 *     |config 5 bits|s|0 1| frame 1 | frame 2 |                 code 1: frames of one size
 *     |config 5 bits|s|1 0| size of 1 | frame 1 | frame 2 |     code 2: of two sizes
 */
const CODE = 0b11;

/** Sizes below this take one byte (RFC 6716, 3.2.1). */
const TWO_BYTES_FROM = 252;

/** The joined packet; undefined when the two are not of one frame each, or not of one kind. */
export const joinOpus = (first: Uint8Array, second: Uint8Array): Buffer | undefined => {
  const [toc] = first;
  if (toc === undefined || toc !== second[0] || (toc & CODE) !== 0) return undefined;
  const frames = [first.subarray(1), second.subarray(1)];
  const size = first.length - 1;
  if (first.length === second.length) return Buffer.concat([Buffer.from([toc | 1]), ...frames]);
  const length =
    size < TWO_BYTES_FROM
      ? [size]
      : [TWO_BYTES_FROM + (size & 3), (size - TWO_BYTES_FROM - (size & 3)) >> 2];
  return Buffer.concat([Buffer.from([toc | 2, ...length]), ...frames]);
};
