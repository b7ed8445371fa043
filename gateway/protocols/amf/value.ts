/**
 * What AMF0 and AMF3 data is in JavaScript.
 *
 * Decoded objects have no prototype, so a key such as `__proto__` or `constructor` is a key like any
 * other. A decoded value never contains itself and, walked to its leaves, is never larger than the
 * limits: references are counted as if what they refer to stood there.
 */
export type AmfValue =
  null | undefined | boolean | number | string | Date | Uint8Array | AmfValue[] | AmfObject;

export interface AmfObject {
  [key: string]: AmfValue;
}

/**
 * An associative array: to read and fill the same as an object, on the wire a type of its own.
 * `onMetaData` is sent as one, and some players take nothing else.
 */
export class EcmaArray implements AmfObject {
  [key: string]: AmfValue;

  static {
    // Nothing is inherited, so `array.__proto__` and `array.constructor` are plain keys.
    Object.setPrototypeOf(this.prototype, null);
    Reflect.deleteProperty(this.prototype, 'constructor');
  }

  /** A new associative array with the own enumerable properties of `values`. */
  static of(values: AmfObject): EcmaArray {
    const array = new EcmaArray();
    for (const key of Object.keys(values)) array[key] = values[key];
    return array;
  }
}

/** A new empty object without a prototype, as the decoders make them. */
export function emptyAmfObject(): AmfObject {
  return Object.create(null) as AmfObject;
}

/** Narrows to a keyed value: an object or an associative array; not null, list, date or bytes. */
export function isAmfObject(value: AmfValue): value is AmfObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}
