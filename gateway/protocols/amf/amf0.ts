/**
 * AMF0 (Action Message Format, AMF 0, Adobe 2007), the encoding of RTMP commands and metadata.
 */
import { Amf3Decoder, Amf3Encoder } from './amf3.ts';
import { AmfError } from './errors.ts';
import { AmfReader } from './reader.ts';
import type { AmfLimits } from './reader.ts';
import { References } from './references.ts';
import { EcmaArray, emptyAmfObject } from './value.ts';
import type { AmfObject, AmfValue } from './value.ts';
import { AmfWriter } from './writer.ts';

/** Type markers, AMF0 section 2.1. */
const Marker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  xmlDocument: 0x0f,
  typedObject: 0x10,
  avmPlus: 0x11,
} as const;

const MAX_SHORT_STRING = 0xffff;

/**
 * Decodes all values from `offset` to the end of `data`.
 *
 * Typed objects come as objects without their class name, XML as its text, "unsupported" as
 * undefined. Throws `AmfError` when the data is cut short, malformed or beyond `limits`.
 */
export function decodeAmf0(data: Uint8Array, offset = 0, limits?: AmfLimits): AmfValue[] {
  const decoder = new Amf0Decoder(new AmfReader(data, offset, limits));
  const values: AmfValue[] = [];
  while (!decoder.done) values.push(decoder.read());
  return values;
}

/** Reads AMF0 values one by one; references hold from one value to the next. */
export class Amf0Decoder {
  readonly #reader: AmfReader;
  readonly #references: References;
  #amf3: Amf3Decoder | undefined;

  constructor(reader: AmfReader) {
    this.#reader = reader;
    this.#references = new References(reader);
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#reader.remaining === 0;
  }

  /** Where the next value begins. */
  get offset(): number {
    return this.#reader.offset;
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
      case Marker.number:
        return reader.double();
      case Marker.boolean:
        return reader.u8() !== 0;
      case Marker.string:
        return reader.text(reader.u16());
      case Marker.object:
        return this.#references.define(() => this.#properties(emptyAmfObject(), 'strict'));
      case Marker.null:
        return null;
      case Marker.undefined:
      case Marker.unsupported:
        return undefined;
      case Marker.reference:
        return this.#references.get(reader.u16());
      case Marker.ecmaArray:
        // The count is a hint that encoders get wrong; the end marker decides.
        reader.u32();
        return this.#references.define(() => this.#properties(new EcmaArray(), 'lenient'));
      case Marker.strictArray:
        return this.#references.define(() => this.#strictArray());
      case Marker.date: {
        const date = new Date(reader.double());
        reader.i16(); // time zone, "reserved, not supported"
        return date;
      }
      case Marker.longString:
      case Marker.xmlDocument:
        return reader.text(reader.u32());
      case Marker.typedObject:
        reader.text(reader.u16());
        return this.#references.define(() => this.#properties(emptyAmfObject(), 'strict'));
      case Marker.avmPlus:
        this.#amf3 ??= new Amf3Decoder(reader);
        return this.#amf3.read();
      default:
        throw new AmfError(
          'AMF_BAD_MARKER',
          `AMF0 type marker ${marker} at byte ${reader.offset - 1}; expected one of 0–3, 5–8, 10–13 or 15–17.`,
        );
    }
  }

  #strictArray(): AmfValue[] {
    const count = this.#reader.u32();
    this.#reader.expect(count, 1);
    const values: AmfValue[] = [];
    for (let i = 0; i < count; i += 1) values.push(this.read());
    return values;
  }

  /**
   * Name and value pairs up to the end marker. Some encoders leave it out at the end of an
   * associative array, when the message ends there anyway: `lenient` lets them.
   */
  #properties<T extends AmfObject>(target: T, end: 'strict' | 'lenient'): T {
    const reader = this.#reader;
    const object: AmfObject = target;
    for (;;) {
      if (end === 'lenient' && reader.remaining === 0) return target;
      const key = reader.text(reader.u16());
      if (key === '' && reader.peek() === Marker.objectEnd) {
        reader.u8();
        return target;
      }
      object[key] = this.read();
    }
  }
}

/**
 * Encodes values one after the other. `EcmaArray` becomes an associative array, any other keyed
 * value an object; bytes, which AMF0 does not know, go as AMF3. Throws `AmfError` for what nests too
 * deep (a value that contains itself does) or grows too large.
 */
export function encodeAmf0(...values: AmfValue[]): Buffer {
  const writer = new AmfWriter();
  for (const value of values) writeAmf0(writer, value);
  return writer.finish();
}

/** Writes one value. */
export function writeAmf0(writer: AmfWriter, value: AmfValue): void {
  switch (typeof value) {
    case 'number':
      writer.u8(Marker.number);
      writer.double(value);
      return;
    case 'boolean':
      writer.u8(Marker.boolean);
      writer.u8(value ? 1 : 0);
      return;
    case 'string':
      writeString(writer, value);
      return;
    case 'undefined':
      writer.u8(Marker.undefined);
      return;
    default:
      writer.enter();
      writeComplex(writer, value);
      writer.leave();
  }
}

function writeString(writer: AmfWriter, value: string): void {
  const bytes = Buffer.from(value);
  if (bytes.length > MAX_SHORT_STRING) {
    writer.u8(Marker.longString);
    writer.u32(bytes.length);
  } else {
    writer.u8(Marker.string);
    writer.u16(bytes.length);
  }
  writer.bytes(bytes);
}

function writeComplex(
  writer: AmfWriter,
  value: null | Date | Uint8Array | AmfValue[] | AmfObject,
): void {
  if (value === null) {
    writer.u8(Marker.null);
  } else if (Array.isArray(value)) {
    writer.u8(Marker.strictArray);
    writer.u32(value.length);
    for (const item of value) writeAmf0(writer, item);
  } else if (value instanceof Date) {
    writer.u8(Marker.date);
    writer.double(value.getTime());
    writer.u16(0);
  } else if (value instanceof Uint8Array) {
    writer.u8(Marker.avmPlus);
    new Amf3Encoder(writer).write(value);
  } else {
    writeKeyed(writer, value);
  }
}

function writeKeyed(writer: AmfWriter, value: AmfObject): void {
  const keys = Object.keys(value);
  if (value instanceof EcmaArray) {
    writer.u8(Marker.ecmaArray);
    writer.u32(keys.length);
  } else {
    writer.u8(Marker.object);
  }
  for (const key of keys) {
    const bytes = Buffer.from(key);
    if (bytes.length > MAX_SHORT_STRING) {
      throw new AmfError(
        'AMF_TOO_LARGE',
        `A property name of ${bytes.length} bytes; AMF0 takes at most ${MAX_SHORT_STRING}.`,
      );
    }
    writer.u16(bytes.length);
    writer.bytes(bytes);
    writeAmf0(writer, value[key]);
  }
  writer.u16(0);
  writer.u8(Marker.objectEnd);
}
