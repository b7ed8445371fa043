/**
 * A little assembler for WebAssembly (core specification 2.0, chapter 5): as much of it as code needs
 * that works on vectors in a memory. Code is an array of bytes; instructions are arrays that are joined.
 */

export type Code = readonly number[];

export const I32 = 0x7f;
export const V128 = 0x7b;
/** A block without parameters or results. */
const EMPTY = 0x40;

/** Unsigned LEB128 (5.2.2). */
const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
};

/** Signed LEB128. */
const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
};

const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const name = (text: string): number[] => list([...Buffer.from(text)].map((byte) => [byte]));
const section = (id: number, content: Code): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];

export const getLocal = (index: number): Code => [0x20, ...unsigned(index)];
export const setLocal = (index: number): Code => [0x21, ...unsigned(index)];
export const teeLocal = (index: number): Code => [0x22, ...unsigned(index)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  lessUnsigned: [0x49] as Code,
  add: [0x6a] as Code,
};

/** Vectors of 16 bytes; arithmetic is on four words of 32 bits. Alignment is never promised. */
export const v128 = {
  load: (offset: number): Code => [...vector(0), 0, ...unsigned(offset)],
  store: (offset: number): Code => [...vector(11), 0, ...unsigned(offset)],
  /** Four words. */
  const: (words: readonly number[]): Code => [
    ...vector(12),
    ...words.flatMap((word) => [
      word & 0xff,
      (word >>> 8) & 0xff,
      (word >>> 16) & 0xff,
      word >>> 24,
    ]),
  ],
  /** Picks 16 bytes of two vectors' 32. */
  shuffle: (bytes: readonly number[]): Code => [...vector(13), ...bytes],
  splat: vector(17),
  greaterSigned: vector(0x3b),
  and: vector(0x4e),
  or: vector(0x50),
  xor: vector(0x51),
  shiftLeft: vector(0xab),
  shiftRight: vector(0xad),
  add: vector(0xae),
};

/** Repeats `body` while what it leaves on the stack is not 0. */
export const repeatWhile = (body: Code): Code => [0x03, EMPTY, ...body, 0x0d, 0, 0x0b];

/** A function that takes words and answers nothing. Parameters are its first locals. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  /** Types of the locals that follow. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module (5.5) of these functions and a memory of so many pages of 64 KiB; exports them all. */
export const assemble = (functions: readonly WasmFunction[], pages: number): Uint8Array => {
  const types = functions.map(({ parameters }) => {
    const types = new Array<Code>(parameters).fill([I32]);
    return [0x60, ...list(types), 0];
  });
  const exports = functions.map((one, index) => [...name(one.name), 0, ...unsigned(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map((type) => [1, type])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(5, list([[0, ...unsigned(pages)]])),
    ...section(7, list([[...name('memory'), 2, 0], ...exports])),
    ...section(10, list(bodies)),
  ]);
};

/** What of WebAssembly's JavaScript interface is used: Node.js has it, its types do not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
};

/** What every module of `assemble` exports besides its functions. */
export interface WasmExports {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** Makes a module's functions callable; `T` says which they are. Undefined where the processor lacks
 *  what the module takes: vectors need SSE4.1 on x86, which some virtual machines do not show. */
export const instantiate = <T extends WasmExports>(bytes: Uint8Array): T | undefined =>
  WebAssembly.validate(bytes)
    ? (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as T)
    : undefined;
