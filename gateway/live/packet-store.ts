import type { DataPacket, MediaPacket } from '../../shared/media.ts';

type StoredPacket = MediaPacket | DataPacket;

/** Bytes of a page; a packet that does not fit into a page of its own gets memory of its own. */
const PAGE_SIZE = 16_384;
/** Free pages kept for reuse, in all. */
const MAX_FREE_PAGES = 4096;

const freePages: Buffer[] = [];

/** Where a packet's bytes lie, and everything else that it is. */
interface StoredRecord {
  readonly packet: StoredPacket;
  readonly memory: Buffer;
  readonly bodyAt: number;
  readonly bodyLength: number;
  /** Of media only: where the codec's bytes lie, mostly inside the body. */
  readonly payloadAt: number;
  readonly payloadLength: number;
}

const NOTHING = new Uint8Array(0);

/**
 * Keeps packets close together in pages of memory.
 *
 * A packet as it comes from a socket holds on to the whole read that it came in, and costs several
 * objects; kept for seconds by a thousand streams that is hundreds of megabytes. Here it is copied
 * once into a page, and made anew when somebody asks (docs/decisions/002-gop-cache-pages.md).
 */
export class PacketStore {
  #records: StoredRecord[] = [];
  #pages: Buffer[] = [];
  #used = PAGE_SIZE;
  /** Somebody was handed packets that lie in these pages: they may not be used again. */
  #lent = false;

  get size(): number {
    return this.#records.length;
  }

  /** Decoding time of the oldest packet, µs. */
  get begin(): number | undefined {
    return this.#records[0]?.packet.dts;
  }

  /** The packets, oldest first; their bytes stay as they are for as long as somebody holds them. */
  get packets(): StoredPacket[] {
    this.#lent = true;
    return this.#records.map(restore);
  }

  push(packet: StoredPacket): void {
    const { body } = packet;
    const payload = packet.kind === 'data' ? NOTHING : packet.payload;
    const inside = payload.byteOffset - body.byteOffset;
    const isInside =
      payload.buffer === body.buffer && inside >= 0 && inside + payload.length <= body.length;
    const room = body.length + (isInside ? 0 : payload.length);
    const [memory, bodyAt] = this.#room(room);
    memory.set(body, bodyAt);
    if (!isInside) memory.set(payload, bodyAt + body.length);
    this.#records.push({
      // The bytes it came with are let go.
      packet:
        packet.kind === 'data'
          ? { ...packet, body: NOTHING }
          : { ...packet, body: NOTHING, payload: NOTHING },
      memory,
      bodyAt,
      bodyLength: body.length,
      payloadAt: isInside ? bodyAt + inside : bodyAt + body.length,
      payloadLength: payload.length,
    });
  }

  /**
   * Forgets the packets that are older than `dts` (µs), and gives up the pages that only they lay
   * in. Answers how many bytes of bodies were forgotten.
   */
  dropBefore(dts: number): number {
    let count = 0;
    let bytes = 0;
    while (count < this.#records.length && this.#records[count]!.packet.dts < dts) {
      bytes += this.#records[count++]!.bodyLength;
    }
    if (count === 0) return 0;
    this.#records.splice(0, count);
    const oldest = this.#records.find(({ memory }) => memory.length === PAGE_SIZE)?.memory;
    while (this.#pages.length > 1 && this.#pages[0] !== oldest) this.#free(this.#pages.shift()!);
    return bytes;
  }

  clear(): void {
    this.#records = [];
    for (const page of this.#pages) this.#free(page);
    this.#pages = [];
    this.#used = PAGE_SIZE;
    this.#lent = false;
  }

  #free(page: Buffer): void {
    if (!this.#lent && freePages.length < MAX_FREE_PAGES) freePages.push(page);
  }

  #room(bytes: number): [memory: Buffer, at: number] {
    if (bytes >= PAGE_SIZE) return [Buffer.allocUnsafeSlow(bytes + 1), 0];
    if (this.#pages.length === 0 || this.#used + bytes > PAGE_SIZE) {
      this.#pages.push(freePages.pop() ?? Buffer.allocUnsafeSlow(PAGE_SIZE));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += bytes;
    return [this.#pages.at(-1)!, at];
  }
}

function restore(record: StoredRecord): StoredPacket {
  const { packet, memory, bodyAt, bodyLength, payloadAt, payloadLength } = record;
  const body = memory.subarray(bodyAt, bodyAt + bodyLength);
  if (packet.kind === 'data') return { ...packet, body };
  return { ...packet, body, payload: memory.subarray(payloadAt, payloadAt + payloadLength) };
}
