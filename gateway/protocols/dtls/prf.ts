/**
 * The pseudo-random function of TLS 1.2 (RFC 5246, 5) with SHA-256.
 *
 *     PRF(secret, label, seed) = P_SHA256(secret, label + seed)
 */
import { createHmac } from 'node:crypto';

const hmac = (secret: Uint8Array, ...parts: readonly Uint8Array[]): Buffer => {
  const mac = createHmac('sha256', secret);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** `length` bytes of the PRF's output. */
export const tlsPrf = (
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Buffer => {
  const labelAndSeed = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  let a: Buffer = labelAndSeed;
  for (let made = 0; made < length; made += 32) {
    a = hmac(secret, a);
    blocks.push(hmac(secret, a, labelAndSeed));
  }
  return Buffer.concat(blocks).subarray(0, length);
};
