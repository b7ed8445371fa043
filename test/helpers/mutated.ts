import fc from 'fast-check';

/** One of `samples`, with a few bytes changed, taken out or put in, and perhaps cut short. */
export function mutated(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    kind: fc.constantFrom('set', 'flip', 'remove', 'insert'),
    /** Position as a fraction of the length. */
    where: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  return fc
    .record({
      sample: fc.constantFrom(...samples),
      changes: fc.array(change, { maxLength: 4 }),
      keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    })
    .map(({ sample, changes, keep }) => {
      const bytes = [...sample];
      for (const { kind, where, byte } of changes) {
        const at = Math.floor(where * bytes.length);
        if (kind === 'remove') bytes.splice(at, 1);
        else if (kind === 'insert') bytes.splice(at, 0, byte);
        else if (at < bytes.length) {
          bytes[at] = kind === 'set' ? byte : (bytes[at] ?? 0) ^ (1 << (byte & 7));
        }
      }
      return Uint8Array.from(bytes.slice(0, Math.ceil(keep * bytes.length)));
    });
}
