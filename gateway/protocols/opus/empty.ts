/**
 * A packet that lasts as long as the given one and has no sound in it: its frames are of no bytes,
 * as encoders send while nobody speaks (RFC 6716, 3.2.1: DTX). One byte, or two where the number of
 * frames must be told (code 3).
 */
export const emptyOpus = (packet: Uint8Array): Buffer => {
  const [toc = 0, count = 0] = packet;
  const code = toc & 0b11;
  if (code === 0b11) return Buffer.from([toc, count & 0x3f]);
  // Two frames of different sizes become two of one size.
  return Buffer.from([code === 0b10 ? toc - 1 : toc]);
};
