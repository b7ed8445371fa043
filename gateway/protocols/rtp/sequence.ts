/**
 * Sequence numbers and time stamps that wrap, as numbers that do not.
 */

/** `value` (of `2 ** bits`) as the number nearest to `reference` that equals it modulo `2 ** bits`. */
export const unwrap = (value: number, reference: number, bits: 16 | 32): number => {
  const range = 2 ** bits;
  const base = reference - (((reference % range) + range) % range);
  const candidate = base + value;
  if (candidate - reference > range / 2) return candidate - range;
  if (reference - candidate > range / 2) return candidate + range;
  return candidate;
};
