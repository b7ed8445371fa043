const noBytes = Buffer.alloc(0);

/** What the reader remembers of a chunk stream: its last header and its unfinished message. */
export class ChunkStream {
  readonly id: number;
  /** Of the message at hand, absolute. */
  timestamp = 0;
  /** What a type 3 chunk that begins a message adds. */
  delta = 0;
  /** Whether `timestamp` was given whole by the last header that had one. */
  absolute = false;
  /** The last header's extended timestamp as it stood there; -1 without. */
  extended = -1;
  length = 0;
  type = 0;
  streamId = 0;
  /** Whether a message has begun and not ended. */
  partial = false;
  /** Bytes of that message that are in `buffer`. */
  received = 0;
  buffer = noBytes;

  constructor(id: number) {
    this.id = id;
  }

  /** Forgets the unfinished message. */
  clear(): void {
    this.partial = false;
    this.received = 0;
    this.buffer = noBytes;
  }
}

/**
 * Whether a type 3 chunk inside a message repeats the extended timestamp at `at`. RTMP 1.0 section
 * 5.3.1.3 says that it does; old encoders and players do not, and some repeat the message's absolute
 * time where the header had a delta. So four bytes that are either value are taken for the
 * repetition. The first byte that differs decides: waiting for all four could be waiting for ever.
 */
export function repeatsTimestamp(
  stream: ChunkStream,
  data: Buffer,
  at: number,
  end: number,
): 'yes' | 'no' | 'cut' {
  const count = Math.min(4, end - at);
  let asField = true;
  let asTime = true;
  for (let i = 0; i < count; i += 1) {
    const shift = 24 - 8 * i;
    const byte = data[at + i];
    asField &&= byte === ((stream.extended >>> shift) & 0xff);
    asTime &&= byte === ((stream.timestamp >>> shift) & 0xff);
  }
  if (!asField && !asTime) return 'no';
  return count < 4 ? 'cut' : 'yes';
}
