import type { MediaPacket, Packet } from '../../../shared/media.ts';

/** What `stat` reads of a live stream (`live/stream`). */
export interface LiveStream {
  readonly name: string;
  readonly state: 'waiting' | 'live' | 'interrupted' | 'ended';
  /** Wall clock, ms since 1970, at which the present publisher started; 0: none has. */
  readonly since: number;
  readonly counters: {
    readonly videoBytes: number;
    readonly audioBytes: number;
    readonly videoFrames: number;
  };
  readonly tracks: {
    readonly all: readonly {
      readonly kind: 'video' | 'audio';
      readonly number: number;
      readonly codec: MediaPacket['codec'];
      readonly config: MediaPacket | undefined;
    }[];
  };
  subscribe(consumer: {
    readonly patient?: boolean;
    packet(packet: Packet): void;
    discontinuity?(): void;
  }): () => void;
}

/** The streams of now (`live/hub`). */
export interface LiveStreams {
  readonly streams: readonly LiveStream[];
  find(name: string): LiveStream | undefined;
  listen(events: { opened?(stream: LiveStream): void; closed?(stream: LiveStream): void }): void;
}
