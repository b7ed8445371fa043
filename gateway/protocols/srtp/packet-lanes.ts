/**
 * The memory in which packets are protected, four beside each other, and what WebAssembly does there:
 * with vectors, one processor hashes four packets in the time of two (decision 5). One memory serves
 * all viewers, so that it stays in the processor's cache; what a lane holds counts until it is sent.
 */
import type { KeyObject } from 'node:crypto';
import type { WasmExports } from '../wasm/assembler.ts';
import { instantiate } from '../wasm/assembler.ts';
import { HmacSha1 } from './hmac-sha1.ts';
import {
  assembleLanes,
  COUNTS_AT,
  LANE_BYTES,
  LANES,
  MAX_COUNTER_BLOCKS,
  STATE_AT,
} from './lanes-code.ts';

/** Packets that are signed together. */
export const LANE_COUNT = LANES;

/** Where what lies: packets, the second messages of HMAC, key stream and counter blocks. */
const PACKETS_AT = 1_024;
const OUTER_AT = PACKETS_AT + LANES * LANE_BYTES;
const STREAM_AT = OUTER_AT + LANES * LANE_BYTES;
const COUNTERS_AT = STREAM_AT + LANE_BYTES;

const BLOCK_BYTES = 64;
const COUNTER_BYTES = 16;
/** Longest packet that a lane takes, tag included: 15 bytes more are written when it is encrypted, and
 *  9 at least to pad what is signed. */
export const MAX_LANE_PACKET_BYTES = LANE_BYTES - 16;
const STATE_WORDS = 5;

interface Functions extends WasmExports {
  readonly hash: (at: number, end: number) => void;
  readonly xor: (at: number, stream: number, end: number) => void;
  readonly count: (at: number, end: number) => void;
}

const wasm = instantiate<Functions>(assembleLanes(1));
/** Whether there are vectors to sign four packets at a time with; else `node:crypto` signs each. */
export const hasVectors = wasm !== undefined;

const memory = wasm?.memory.buffer ?? new ArrayBuffer(65_536);
const bytes = Buffer.from(memory);
const words = new Uint32Array(memory);
/** For words as SHA-1 has them, most significant byte first. */
const view = new DataView(memory);
const STATE = STATE_AT / 4;
const COUNTS = COUNTS_AT / 4;

/** Where a packet is written: header, payload, tag. */
export const packetLanes: readonly Buffer[] = Array.from({ length: LANES }, (_, lane) =>
  bytes.subarray(PACKETS_AT + lane * LANE_BYTES, PACKETS_AT + (lane + 1) * LANE_BYTES),
);
/** Where counter blocks are written, and made more of. */
export const counterBlocks: Buffer = bytes.subarray(COUNTERS_AT);

/** What `count` and `xor` of `lanes-code.ts` do, for processors without vectors. */
const countInScript = (at: number, end: number): void => {
  for (let to = at + COUNTER_BYTES; to < end; to += COUNTER_BYTES) {
    bytes.copyWithin(to, to - COUNTER_BYTES, to);
    bytes[to + COUNTER_BYTES - 1]!++;
  }
};
const xorInScript = (at: number, stream: number, end: number): void => {
  for (let to = at, from = stream; to < end; to++, from++) bytes[to]! ^= bytes[from]!;
};
const { count, xor } = wasm ?? { count: countInScript, xor: xorInScript };

/**
 * Continues a series of counter blocks in `counterBlocks`, whose first lies at `from`, bytes. Throws a
 * RangeError beyond `MAX_COUNTER_BLOCKS`: they would begin anew, and the key stream repeat itself.
 */
export const countOn = (from: number, end: number): void => {
  if (end - from > MAX_COUNTER_BLOCKS * COUNTER_BYTES) {
    throw new RangeError(`A key stream of ${end - from} bytes is longer than its counter reaches.`);
  }
  count(COUNTERS_AT + from, COUNTERS_AT + end);
};

/**
 * XORs bytes of a lane with `length` bytes of a key stream, and up to 15 more with anything. The
 * packet has at most `MAX_LANE_PACKET_BYTES`.
 */
export const applyKeyStream = (
  lane: number,
  from: number,
  length: number,
  stream: Buffer,
  at: number,
): void => {
  stream.copy(bytes, STREAM_AT, at, at + length);
  const start = PACKETS_AT + lane * LANE_BYTES + from;
  xor(start, STREAM_AT, start + length);
};

const setState = (lane: number, state: Uint32Array): void => {
  for (let word = 0; word < STATE_WORDS; word++) words[STATE + word * LANES + lane] = state[word]!;
};

/** Pads a message of `length` bytes (FIPS 180-4, 5.1.1) that follows a block; answers its blocks. */
const pad = (at: number, length: number): number => {
  const blocks = (length + 9 + BLOCK_BYTES - 1) >> 6;
  const last = (at + blocks * BLOCK_BYTES) / 4 - 1;
  const shift = (length & 3) * 8;
  let to = (at + length) >> 2;
  words[to] = (words[to]! & ((1 << shift) - 1)) | (0x80 << shift);
  while (++to < last) words[to] = 0;
  view.setUint32(last * 4, (BLOCK_BYTES + length) * 8);
  return blocks;
};

const INITIAL = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** A key of HMAC-SHA1 (RFC 2104). */
export interface LaneKey {
  /** Signs packets one by one. */
  readonly hmac: HmacSha1;
  /** What the key's two padded blocks make of the hash: for those that are signed together. */
  readonly inner: Uint32Array;
  readonly outer: Uint32Array;
}

/** `key`: at most 64 bytes. */
export const prepareLaneKey = (key: KeyObject): LaneKey => {
  const [inner, outer] = [INNER_PAD, OUTER_PAD].map((padding) => {
    // Not in a lane: packets may wait there.
    const block = counterBlocks.fill(padding, 0, BLOCK_BYTES);
    for (const [at, byte] of key.export().entries()) block[at] = byte ^ padding;
    setState(0, INITIAL);
    words[COUNTS] = 1;
    wasm?.hash(COUNTERS_AT, COUNTERS_AT + BLOCK_BYTES);
    return Uint32Array.from({ length: STATE_WORDS }, (_, word) => words[STATE + word * LANES]!);
  }) as [Uint32Array, Uint32Array];
  return { hmac: new HmacSha1(key), inner, outer };
};

/** The second messages, of HMAC's outer hash, have one length: they are padded once and for all. */
const OUTER_BYTES = STATE_WORDS * 4;
for (let lane = 0; lane < LANES; lane++) pad(OUTER_AT + lane * LANE_BYTES, OUTER_BYTES);

/** What follows a packet until it is signed: the roll-over counter (RFC 3711, 4.2). */
const ROC_BYTES = 4;
const TAG_BYTES = 10;
/** Fewer packets than these are signed sooner one by one. */
const FEWEST_TOGETHER = 3;

/**
 * Writes the tags of the packets in the first `count` lanes, each with its key: HMAC-SHA1 cut to 80
 * bits. `lengths` counts the tag, where the roll-over counter stands until then.
 */
export const signLanes = (
  keys: readonly LaneKey[],
  lengths: readonly number[],
  count: number,
): void => {
  if (wasm !== undefined && count >= FEWEST_TOGETHER) {
    signTogether(wasm.hash, keys, lengths, count);
    return;
  }
  for (let lane = 0; lane < count; lane++) {
    const packet = packetLanes[lane]!;
    const end = lengths[lane]! - TAG_BYTES;
    keys[lane]!.hmac.write(packet, packet, end + ROC_BYTES, end, TAG_BYTES);
  }
};

const signTogether = (
  hash: Functions['hash'],
  keys: readonly LaneKey[],
  lengths: readonly number[],
  count: number,
): void => {
  let most = 0;
  for (let lane = 0; lane < LANES; lane++) {
    words[COUNTS + lane] = 0;
    if (lane >= count) continue;
    const blocks = pad(PACKETS_AT + lane * LANE_BYTES, lengths[lane]! - TAG_BYTES + ROC_BYTES);
    words[COUNTS + lane] = blocks;
    most = Math.max(most, blocks);
    setState(lane, keys[lane]!.inner);
  }
  hash(PACKETS_AT, PACKETS_AT + most * BLOCK_BYTES);
  for (let lane = 0; lane < count; lane++) {
    const to = OUTER_AT + lane * LANE_BYTES;
    for (let word = 0; word < STATE_WORDS; word++) {
      view.setUint32(to + word * 4, words[STATE + word * LANES + lane]!);
    }
    words[COUNTS + lane] = 1;
    setState(lane, keys[lane]!.outer);
  }
  hash(OUTER_AT, OUTER_AT + BLOCK_BYTES);
  for (let lane = 0; lane < count; lane++) {
    writeTag(lane, PACKETS_AT + lane * LANE_BYTES + lengths[lane]! - TAG_BYTES);
  }
};

/** The first 80 bits of a lane's hash. */
const writeTag = (lane: number, to: number): void => {
  view.setUint32(to, words[STATE + lane]!);
  view.setUint32(to + 4, words[STATE + LANES + lane]!);
  view.setUint16(to + 8, words[STATE + 2 * LANES + lane]! >>> 16);
};
