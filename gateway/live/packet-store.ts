import type { AudioCodec, DataPacket, MediaPacket, VideoCodec } from '../../shared/media.ts';

type StoredPacket = MediaPacket | DataPacket;

/** Bytes of a page. A packet that does not fit into one gets a page of its own size. */
const PAGE_SIZE = 16_384;
/** Free pages kept for reuse, in all. */
const MAX_FREE_PAGES = 4096;

interface Page {
  readonly memory: Buffer;
  /** Bytes of it that are used. */
  end: number;
}

const freePages: Buffer[] = [];

/**
 * What stands before a packet's bytes in its page:
 *
 *     kind U8, what U8, track U8, role U8, dts F64, pts F64 (µs),
 *     body length U32, inner offset U32, inner length U32
 *
 * For media, `what` is the codec, and `inner` the payload, mostly a part of the body. For data,
 * `what` is the carrier, and `inner` the name, which stands behind the body.
 */
const HEADER_SIZE = 32;

const KINDS = ['data', 'video', 'audio'] as const;
const CARRIERS = ['data', 'video', 'audio'] as const;
const ROLES = ['config', 'key', 'delta', 'disposable'] as const;
const CODECS: readonly (VideoCodec | AudioCodec)[] = [
  ...(['h264', 'hevc', 'av1', 'vp9', 'vp8', 'h263', 'vp6', 'screen'] satisfies VideoCodec[]),
  ...(['aac', 'mp3', 'opus', 'ac3', 'eac3', 'flac'] satisfies AudioCodec[]),
  ...(['speex', 'nellymoser', 'pcm', 'g711a', 'g711u'] satisfies AudioCodec[]),
];

/**
 * Keeps packets close together in pages of memory.
 *
 * A packet as it comes from a socket holds on to the whole read that it came in, and costs several
 * objects; kept for seconds by a thousand streams that is hundreds of megabytes, and much to do for
 * the garbage collector. Here it is copied once into a page, and made anew when somebody asks
 * (docs/decisions/002-gop-cache-pages.md).
 */
export class PacketStore {
  #pages: Page[] = [];
  /** Where the oldest packet begins in the first page. */
  #start = 0;
  #size = 0;
  #begin: number | undefined;
  /** Somebody was handed packets that lie in these pages: they may not be used again. */
  #lent = false;

  get size(): number {
    return this.#size;
  }

  /** Decoding time of the oldest packet, µs; undefined when there is none. */
  get begin(): number | undefined {
    return this.#begin;
  }

  /** The packets, oldest first; their bytes stay as they are for as long as somebody holds them. */
  get packets(): StoredPacket[] {
    this.#lent = true;
    const packets: StoredPacket[] = [];
    let at = this.#start;
    for (const { memory, end } of this.#pages) {
      for (; at < end; at += lengthAt(memory, at)) packets.push(restore(memory, at));
      at = 0;
    }
    return packets;
  }

  push(packet: StoredPacket): void {
    const { body } = packet;
    const inner = packet.kind === 'data' ? Buffer.from(packet.name) : packet.payload;
    const offset = inner.byteOffset - body.byteOffset;
    const isInside =
      inner.buffer === body.buffer && offset >= 0 && offset + inner.length <= body.length;
    const page = this.#room(HEADER_SIZE + body.length + (isInside ? 0 : inner.length));
    const { memory } = page;

    let at = page.end;
    memory[at] = KINDS.indexOf(packet.kind);
    memory[at + 1] =
      packet.kind === 'data' ? CARRIERS.indexOf(packet.carrier) : CODECS.indexOf(packet.codec);
    memory[at + 2] = packet.kind === 'data' ? 0 : packet.track;
    memory[at + 3] = packet.kind === 'data' ? 0 : ROLES.indexOf(packet.role);
    at = memory.writeDoubleLE(packet.dts, at + 4);
    at = memory.writeDoubleLE(packet.pts, at);
    at = memory.writeUInt32LE(body.length, at);
    at = memory.writeUInt32LE(isInside ? offset : body.length, at);
    at = memory.writeUInt32LE(inner.length, at);
    memory.set(body, at);
    at += body.length;
    if (!isInside) {
      memory.set(inner, at);
      at += inner.length;
    }
    page.end = at;
    this.#size++;
    this.#begin ??= packet.dts;
  }

  /**
   * Forgets the packets that are older than `dts` (µs), and gives up the pages that only they lay
   * in. Answers how many bytes of bodies were forgotten.
   */
  dropBefore(dts: number): number {
    let bytes = 0;
    while (this.#begin !== undefined && this.#begin < dts) {
      const { memory, end } = this.#pages[0]!;
      bytes += memory.readUInt32LE(this.#start + 20);
      this.#start += lengthAt(memory, this.#start);
      this.#size--;
      if (this.#start === end) {
        this.#free(this.#pages.shift()!);
        this.#start = 0;
      }
      this.#begin = this.#pages[0]?.memory.readDoubleLE(this.#start + 4);
    }
    return bytes;
  }

  clear(): void {
    for (const page of this.#pages) this.#free(page);
    this.#pages = [];
    this.#start = 0;
    this.#size = 0;
    this.#begin = undefined;
    this.#lent = false;
  }

  /** The page that has this much room. */
  #room(bytes: number): Page {
    let page = this.#pages.at(-1);
    if (!page || page.end + bytes > page.memory.length) {
      const memory =
        bytes > PAGE_SIZE
          ? Buffer.allocUnsafeSlow(bytes)
          : (freePages.pop() ?? Buffer.allocUnsafeSlow(PAGE_SIZE));
      page = { memory, end: 0 };
      this.#pages.push(page);
    }
    return page;
  }

  #free({ memory }: Page): void {
    if (this.#lent || memory.length !== PAGE_SIZE || freePages.length >= MAX_FREE_PAGES) return;
    freePages.push(memory);
  }
}

/** Bytes from the beginning of this packet to the next. */
function lengthAt(memory: Buffer, at: number): number {
  const body = memory.readUInt32LE(at + 20);
  const innerEnd = memory.readUInt32LE(at + 24) + memory.readUInt32LE(at + 28);
  return HEADER_SIZE + Math.max(body, innerEnd);
}

function restore(memory: Buffer, at: number): StoredPacket {
  const bytes = at + HEADER_SIZE;
  const body = memory.subarray(bytes, bytes + memory.readUInt32LE(at + 20));
  const innerAt = bytes + memory.readUInt32LE(at + 24);
  const inner = memory.subarray(innerAt, innerAt + memory.readUInt32LE(at + 28));
  const dts = memory.readDoubleLE(at + 4);
  const pts = memory.readDoubleLE(at + 12);
  const kind = KINDS[memory[at]!]!;
  const what = memory[at + 1]!;
  if (kind === 'data') {
    return { kind, carrier: CARRIERS[what]!, name: inner.toString(), dts, pts, body };
  }
  const role = ROLES[memory[at + 3]!]!;
  const media = { kind, codec: CODECS[what]!, track: memory[at + 2]!, role, dts, pts, body };
  return { ...media, payload: inner } as MediaPacket;
}
