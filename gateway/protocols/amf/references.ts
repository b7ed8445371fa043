import { AmfError } from './errors.ts';
import type { AmfReader } from './reader.ts';
import type { AmfValue } from './value.ts';

interface Entry {
  value: AmfValue;
  /** What the value cost to read, references in it followed; undefined while it is being read. */
  cost: number | undefined;
}

/**
 * The complex values of a message in the order in which they begin, for "the same as number n".
 *
 * A reference costs what its target cost, so that a few bytes cannot stand for a structure that
 * takes for ever to walk. A reference to a value that has not ended yet would close a circle; nobody
 * who speaks RTMP needs one, and whoever walks values should not have to think of it.
 */
export class References {
  readonly #entries: Entry[] = [];
  readonly #reader: AmfReader;

  constructor(reader: AmfReader) {
    this.#reader = reader;
  }

  /** Takes the next number, then reads the value with `read`. */
  define<T extends AmfValue>(read: () => T): T {
    const entry: Entry = { value: undefined, cost: undefined };
    this.#entries.push(entry);
    const before = this.#reader.size;
    const value = read();
    entry.value = value;
    entry.cost = this.#reader.size - before;
    return value;
  }

  /** The value of number `index`. */
  get(index: number): AmfValue {
    const entry = this.#entries[index];
    if (entry === undefined) {
      throw new AmfError(
        'AMF_BAD_REFERENCE',
        `AMF reference to value ${index}; only ${this.#entries.length} have been read.`,
      );
    }
    if (entry.cost === undefined) {
      throw new AmfError('AMF_CYCLE', `AMF value ${index} contains a reference to itself.`);
    }
    this.#reader.spend(entry.cost);
    return entry.value;
  }
}
