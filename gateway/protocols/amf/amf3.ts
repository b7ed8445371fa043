/**
 * AMF3 (Action Message Format, AMF 3, Adobe 2013), which Flash Player 9 and later put inside AMF0
 * messages when a connection has `objectEncoding` 3.
 */
import { AmfError } from './errors.ts';
import { AmfReader } from './reader.ts';
import type { AmfLimits } from './reader.ts';
import { References } from './references.ts';
import { EcmaArray, emptyAmfObject } from './value.ts';
import type { AmfObject, AmfValue } from './value.ts';
import { AmfWriter } from './writer.ts';

/** Type markers, AMF3 section 3.1. */
const Marker = {
  undefined: 0x00,
  null: 0x01,
  false: 0x02,
  true: 0x03,
  integer: 0x04,
  double: 0x05,
  string: 0x06,
  xmlDocument: 0x07,
  date: 0x08,
  array: 0x09,
  object: 0x0a,
  xml: 0x0b,
  byteArray: 0x0c,
  vectorInt: 0x0d,
  vectorUint: 0x0e,
  vectorDouble: 0x0f,
  vectorObject: 0x10,
  dictionary: 0x11,
} as const;

const MAX_INTEGER = 0x0fffffff;
const MIN_INTEGER = -0x10000000;
const MAX_U29 = 0x1fffffff;

/** Externalizable classes whose body is just one AMF3 value: the list or object they wrap. */
const wrapperClasses = new Set([
  'flex.messaging.io.ArrayCollection',
  'flex.messaging.io.ArrayList',
  'flex.messaging.io.ObjectProxy',
  'flex.messaging.io.ArrayProxy',
]);

/** Section 3.12: what the objects of one class have in common. */
interface Traits {
  className: string;
  externalizable: boolean;
  dynamic: boolean;
  members: string[];
}

/**
 * Decodes all values from `offset` to the end of `data`.
 *
 * Typed objects come without their class name, XML as its text, vectors as arrays, arrays with named
 * members and dictionaries as `EcmaArray`, byte arrays as a copy of their bytes. Throws `AmfError`
 * when the data is cut short, malformed, beyond `limits`, or has no counterpart here.
 */
export function decodeAmf3(data: Uint8Array, offset = 0, limits?: AmfLimits): AmfValue[] {
  const reader = new AmfReader(data, offset, limits);
  const decoder = new Amf3Decoder(reader);
  const values: AmfValue[] = [];
  while (reader.remaining > 0) values.push(decoder.read());
  return values;
}

/** Reads AMF3 values one by one; the three reference tables hold from one value to the next. */
export class Amf3Decoder {
  readonly #reader: AmfReader;
  readonly #objects: References;
  readonly #strings: string[] = [];
  readonly #traits: Traits[] = [];

  constructor(reader: AmfReader) {
    this.#reader = reader;
    this.#objects = new References(reader);
  }

  read(): AmfValue {
    this.#reader.enter();
    const value = this.#readMarked();
    this.#reader.leave();
    return value;
  }

  #readMarked(): AmfValue {
    const reader = this.#reader;
    const marker = reader.u8();
    switch (marker) {
      case Marker.undefined:
        return undefined;
      case Marker.null:
        return null;
      case Marker.false:
        return false;
      case Marker.true:
        return true;
      case Marker.integer:
        return (this.#u29() << 3) >> 3;
      case Marker.double:
        return reader.double();
      case Marker.string:
        return this.#string();
      case Marker.xmlDocument:
      case Marker.xml:
        return this.#object((bytes) => reader.text(bytes));
      case Marker.date:
        return this.#object(() => new Date(reader.double()));
      case Marker.array:
        return this.#object((count) => this.#array(count));
      case Marker.object:
        return this.#object((flags) => this.#instance(flags));
      case Marker.byteArray:
        return this.#object((bytes) => reader.bytes(bytes));
      case Marker.vectorInt:
        return this.#object((count) => this.#vector(count, 4, () => reader.i32()));
      case Marker.vectorUint:
        return this.#object((count) => this.#vector(count, 4, () => reader.u32()));
      case Marker.vectorDouble:
        return this.#object((count) => this.#vector(count, 8, () => reader.double()));
      case Marker.vectorObject:
        return this.#object((count) => this.#objectVector(count));
      case Marker.dictionary:
        return this.#object((count) => this.#dictionary(count));
      default:
        throw new AmfError(
          'AMF_BAD_MARKER',
          `AMF3 type marker ${marker} at byte ${reader.offset - 1}; expected 0–17.`,
        );
    }
  }

  /** Section 1.3.1: 29 bits in up to four bytes, seven in each of the first three, eight in the last. */
  #u29(): number {
    let value = 0;
    for (let i = 0; i < 3; i += 1) {
      const byte = this.#reader.u8();
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return (value << 8) | this.#reader.u8();
  }

  /** A U29 whose low bit says "here it is" (1, the rest is `read`'s) or "the same as" (0). */
  #object<T extends AmfValue>(read: (header: number) => T): AmfValue {
    const header = this.#u29();
    if ((header & 1) === 0) return this.#objects.get(header >> 1);
    return this.#objects.define(() => read(header >> 1));
  }

  /** Section 1.3.2; the empty string is never referred to. */
  #string(): string {
    const header = this.#u29();
    if ((header & 1) === 1) {
      const text = this.#reader.text(header >> 1);
      if (text !== '') this.#strings.push(text);
      return text;
    }
    const text = this.#strings[header >> 1];
    if (text === undefined) {
      throw new AmfError(
        'AMF_BAD_REFERENCE',
        `AMF3 reference to string ${header >> 1}; only ${this.#strings.length} have been read.`,
      );
    }
    this.#reader.spend(text.length);
    return text;
  }

  /** Section 3.11: named members up to the empty name, then `count` numbered ones. */
  #array(count: number): AmfValue[] | EcmaArray {
    this.#reader.expect(count, 1);
    const named = new EcmaArray();
    let hasNames = false;
    for (let key = this.#string(); key !== ''; key = this.#string()) {
      named[key] = this.read();
      hasNames = true;
    }
    const list: AmfValue[] = [];
    for (let i = 0; i < count; i += 1) list.push(this.read());
    if (!hasNames) return list;
    list.forEach((value, i) => (named[i] = value));
    return named;
  }

  /** Section 3.12; `flags` is U29O-traits without its low bit. */
  #instance(flags: number): AmfValue {
    const traits = this.#readTraits(flags);
    if (traits.externalizable) {
      if (wrapperClasses.has(traits.className)) return this.read();
      throw new AmfError(
        'AMF_UNSUPPORTED',
        `AMF3 object of the class ${JSON.stringify(traits.className.slice(0, 100))}, which has a format of its own.`,
      );
    }
    const object = emptyAmfObject();
    for (const member of traits.members) object[member] = this.read();
    if (traits.dynamic) this.#properties(object);
    return object;
  }

  #readTraits(flags: number): Traits {
    if ((flags & 1) === 0) {
      const traits = this.#traits[flags >> 1];
      if (traits !== undefined) return traits;
      throw new AmfError(
        'AMF_BAD_REFERENCE',
        `AMF3 reference to traits ${flags >> 1}; only ${this.#traits.length} have been read.`,
      );
    }
    const externalizable = (flags & 2) !== 0;
    const dynamic = (flags & 4) !== 0;
    const count = externalizable ? 0 : flags >> 3;
    const className = this.#string();
    this.#reader.expect(count, 1);
    const members: string[] = [];
    for (let i = 0; i < count; i += 1) members.push(this.#string());
    const traits = { className, externalizable, dynamic, members };
    this.#traits.push(traits);
    return traits;
  }

  #properties(target: AmfObject): void {
    for (let key = this.#string(); key !== ''; key = this.#string()) target[key] = this.read();
  }

  /** Section 3.15; the byte after the count says whether the length is fixed, which is no matter here. */
  #vector(count: number, bytesEach: number, readItem: () => number): number[] {
    this.#reader.u8();
    this.#reader.expect(count, bytesEach);
    this.#reader.spend(count * bytesEach);
    const items: number[] = [];
    for (let i = 0; i < count; i += 1) items.push(readItem());
    return items;
  }

  #objectVector(count: number): AmfValue[] {
    this.#reader.u8();
    this.#string(); // the items' class
    this.#reader.expect(count, 1);
    const items: AmfValue[] = [];
    for (let i = 0; i < count; i += 1) items.push(this.read());
    return items;
  }

  /** Section 3.16; the byte after the count says whether keys are held weakly. */
  #dictionary(count: number): EcmaArray {
    this.#reader.u8();
    this.#reader.expect(count, 2);
    const entries = new EcmaArray();
    for (let i = 0; i < count; i += 1) {
      const key = this.read();
      if (typeof key === 'object' && key !== null) {
        throw new AmfError('AMF_UNSUPPORTED', 'AMF3 dictionary with an object for a key.');
      }
      entries[String(key)] = this.read();
    }
    return entries;
  }
}

/** Encodes values one after the other, without references. Throws `AmfError` as `encodeAmf0` does. */
export function encodeAmf3(...values: AmfValue[]): Buffer {
  const writer = new AmfWriter();
  const encoder = new Amf3Encoder(writer);
  for (const value of values) encoder.write(value);
  return writer.finish();
}

/** Writes AMF3 values one by one. */
export class Amf3Encoder {
  readonly #writer: AmfWriter;

  constructor(writer: AmfWriter) {
    this.#writer = writer;
  }

  write(value: AmfValue): void {
    const writer = this.#writer;
    switch (typeof value) {
      case 'undefined':
        writer.u8(Marker.undefined);
        return;
      case 'boolean':
        writer.u8(value ? Marker.true : Marker.false);
        return;
      case 'number':
        this.#number(value);
        return;
      case 'string':
        writer.u8(Marker.string);
        this.#text(value);
        return;
      default:
        writer.enter();
        this.#complex(value);
        writer.leave();
    }
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value >= MIN_INTEGER && value <= MAX_INTEGER) {
      if (!Object.is(value, -0)) {
        this.#writer.u8(Marker.integer);
        this.#u29(value & MAX_U29);
        return;
      }
    }
    this.#writer.u8(Marker.double);
    this.#writer.double(value);
  }

  #complex(value: null | Date | Uint8Array | AmfValue[] | AmfObject): void {
    const writer = this.#writer;
    if (value === null) {
      writer.u8(Marker.null);
    } else if (Array.isArray(value)) {
      writer.u8(Marker.array);
      this.#header(value.length);
      this.#text('');
      for (const item of value) this.write(item);
    } else if (value instanceof Date) {
      writer.u8(Marker.date);
      this.#header(0);
      writer.double(value.getTime());
    } else if (value instanceof Uint8Array) {
      writer.u8(Marker.byteArray);
      this.#header(value.length);
      writer.bytes(value);
    } else if (value instanceof EcmaArray) {
      writer.u8(Marker.array);
      this.#header(0);
      this.#properties(value);
    } else {
      writer.u8(Marker.object);
      this.#u29(0b1011); // traits here, dynamic, no sealed members
      this.#text('');
      this.#properties(value);
    }
  }

  #properties(value: AmfObject): void {
    for (const key of Object.keys(value)) {
      if (key === '') {
        throw new AmfError('AMF_UNSUPPORTED', 'AMF3 cannot carry a property without a name.');
      }
      this.#text(key);
      this.write(value[key]);
    }
    this.#text('');
  }

  #text(text: string): void {
    const bytes = Buffer.from(text);
    this.#header(bytes.length);
    this.#writer.bytes(bytes);
  }

  /** A length or count, with the low bit that says that the value itself follows. */
  #header(length: number): void {
    if (length > MAX_U29 >> 1) {
      throw new AmfError('AMF_TOO_LARGE', `AMF3 cannot carry a length of ${length}.`);
    }
    this.#u29((length << 1) | 1);
  }

  #u29(value: number): void {
    const writer = this.#writer;
    if (value > 0x1fffff) {
      writer.u8(0x80 | (value >> 22));
      writer.u8(0x80 | ((value >> 15) & 0x7f));
      writer.u8(0x80 | ((value >> 8) & 0x7f));
      writer.u8(value & 0xff);
      return;
    }
    if (value > 0x3fff) writer.u8(0x80 | (value >> 14));
    if (value > 0x7f) writer.u8(0x80 | ((value >> 7) & 0x7f));
    writer.u8(value & 0x7f);
  }
}
