import type { MediaPacket, Packet } from '../../../shared/media.ts';
import { hlsCarries, trackFormat, type TrackFormat } from '../../protocols/hls/track-format.ts';

export interface ProgramSink {
  /** These tracks make up what follows; each frame that comes then is of one of them. */
  begin(formats: readonly TrackFormat[]): void;
  /** One track more, at the list's end; false when that would take a new beginning. */
  join(format: TrackFormat): boolean;
  /** An access unit of the track at that index. */
  frame(packet: MediaPacket, track: number, format: TrackFormat): void;
}

/** How long a stream that began with sound is given to bring its picture too, µs of stream time. */
const PICTURE_WAIT = 1_000_000;
/** A picture goes on without sound that has been missing for this long, µs. */
const SILENCE = 5_000_000;
/** Packets kept while it is not known whether a picture comes. */
const MAX_PRELUDE = 1000;

/** The one track of a kind that is carried. */
interface Slot {
  readonly number: number;
  codec: MediaPacket['codec'];
  config: MediaPacket | undefined;
  /** What its newest configuration comes to; undefined until that is known. */
  format: TrackFormat | undefined;
  /** A key frame came and still there was no format to decode it by. */
  unusable: boolean;
  /** Its place in the present program, and the format that it has there. */
  active: { readonly index: number; readonly format: TrackFormat } | undefined;
  /** Decoding time of its newest frame, µs. */
  newest: number;
}

/**
 * Chooses the tracks of a live stream that its segments carry: the first video and the first audio
 * track whose codec HLS has a place for.
 *
 * A program, that is a set of tracks, begins at a key frame, or with sound where there is no
 * picture. When a track comes later, changes or falls silent, another program begins at the next
 * such place. Until then the frames that the present one does not describe are left out.
 */
export class Program {
  #sink: ProgramSink;
  #video: Slot | undefined;
  #audio: Slot | undefined;
  #running = false;
  /** Decoding time at which the present program began, µs. */
  #began = 0;
  #trackCount = 0;
  #prelude: MediaPacket[] = [];

  constructor(sink: ProgramSink) {
    this.#sink = sink;
  }

  /** Begins anew with what is known of the tracks: the next frames continue nothing. */
  reset(configs: readonly MediaPacket[]): void {
    this.#video = undefined;
    this.#audio = undefined;
    this.#running = false;
    this.#prelude = [];
    for (const config of configs) this.packet(config);
  }

  packet(packet: Packet): void {
    if (packet.kind === 'data' || !hlsCarries(packet.codec)) return;
    const slot =
      packet.kind === 'video'
        ? (this.#video ??= newSlot(packet))
        : (this.#audio ??= newSlot(packet));
    if (slot.number !== packet.track) return;
    if (packet.role === 'config') {
      configure(slot, packet);
      return;
    }
    slot.newest = packet.dts;
    learnFormat(slot, packet);
    if (packet.kind === 'video') this.#videoFrame(slot, packet);
    else this.#audioFrame(slot, packet);
  }

  #videoFrame(slot: Slot, packet: MediaPacket): void {
    if (!slot.format) return;
    const another =
      !this.#running || !isActive(slot) || this.#audio?.active?.format !== this.#wanted(packet.dts);
    if (another && packet.role === 'key') this.#begin(packet.dts);
    this.#pass(slot, packet);
  }

  #audioFrame(slot: Slot, packet: MediaPacket): void {
    if (!slot.format) return;
    if (!isActive(slot)) {
      const picture = this.#video && !this.#video.unusable;
      if (picture) this.#join(slot, slot.format);
      else if (this.#running) this.#begin(packet.dts);
      else this.#waitForPicture(slot, packet);
    }
    this.#pass(slot, packet);
  }

  /** Hands a frame on when the present program has its track as it is now. */
  #pass(slot: Slot, packet: MediaPacket): void {
    if (isActive(slot)) this.#sink.frame(packet, slot.active!.index, slot.active!.format);
  }

  /** Sound that comes just after the first picture can still be part of the program. */
  #join(slot: Slot, format: TrackFormat): void {
    if (!this.#running || slot.active || !this.#sink.join(format)) return;
    slot.active = { index: this.#trackCount, format };
    this.#trackCount++;
  }

  #waitForPicture(slot: Slot, packet: MediaPacket): void {
    const first = this.#prelude[0] ?? packet;
    if (packet.dts - first.dts < PICTURE_WAIT && this.#prelude.length < MAX_PRELUDE) {
      this.#prelude.push(packet);
      return;
    }
    const prelude = this.#prelude;
    this.#begin(first.dts);
    for (const earlier of prelude) this.#pass(slot, earlier);
  }

  #begin(dts: number): void {
    const audio = this.#wanted(dts);
    const formats: TrackFormat[] = [];
    for (const [slot, format] of [
      [this.#video, this.#video?.format],
      [this.#audio, audio],
    ] as const) {
      if (slot) slot.active = format && { index: formats.length, format };
      if (format) formats.push(format);
    }
    this.#running = true;
    this.#began = dts;
    this.#trackCount = formats.length;
    this.#prelude = [];
    this.#sink.begin(formats);
  }

  /** The sound that a program from `dts` on should have. */
  #wanted(dts: number): TrackFormat | undefined {
    const audio = this.#audio;
    if (!audio || !this.#running) return audio?.format;
    const heard = Math.max(audio.newest, audio.active ? this.#began : -Infinity);
    return dts - heard <= SILENCE ? audio.format : undefined;
  }
}

function newSlot(packet: MediaPacket): Slot {
  return {
    number: packet.track,
    codec: packet.codec,
    config: undefined,
    format: undefined,
    unusable: false,
    active: undefined,
    newest: -Infinity,
  };
}

/** Encoders repeat their configuration: only another one changes the format. */
function configure(slot: Slot, config: MediaPacket): void {
  const same =
    slot.config?.codec === config.codec &&
    Buffer.compare(slot.config.payload, config.payload) === 0;
  if (same) return;
  slot.codec = config.codec;
  slot.config = config;
  slot.unusable = false;
  slot.format = trackFormat(config, config);
}

/** Some formats show in a frame only; a codec without configuration may change with a frame. */
function learnFormat(slot: Slot, frame: MediaPacket): void {
  if (slot.codec !== frame.codec) {
    slot.codec = frame.codec;
    slot.format = undefined;
    slot.unusable = false;
  }
  if (slot.format || frame.role !== 'key') return;
  slot.format = trackFormat(slot.config, frame);
  slot.unusable = !slot.format;
}

/** Whether the present program has the track, as it is now. */
function isActive({ active, format }: Slot): boolean {
  return active !== undefined && active.format === format;
}
