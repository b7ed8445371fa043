import type { LiveStream, LiveStreams } from '../../gateway/ams/stat/live-stream.ts';
import type { Packet } from '../../shared/media.ts';
import { AAC_CONFIG, AVC_CONFIG } from './crafted-media.ts';

/** A live stream as `stat` reads one, with counters to turn and packets to hand round by hand. */
export interface FakeStream extends LiveStream {
  readonly counters: { videoBytes: number; audioBytes: number; videoFrames: number };
  emit(packet: Packet): void;
  restart(): void;
}

export function fakeStream(name: string, state: LiveStream['state'] = 'live'): FakeStream {
  const consumers = new Set<Parameters<LiveStream['subscribe']>[0]>();
  const config = (kind: 'video' | 'audio', codec: 'h264' | 'aac', payload: Uint8Array) =>
    ({ kind, number: 0, codec, config: { kind, codec, payload } }) as never;
  return {
    name,
    state,
    since: 1_000_000,
    counters: { videoBytes: 0, audioBytes: 0, videoFrames: 0 },
    tracks: { all: [config('audio', 'aac', AAC_CONFIG), config('video', 'h264', AVC_CONFIG)] },
    subscribe(consumer) {
      consumers.add(consumer);
      return () => consumers.delete(consumer);
    },
    emit(packet) {
      for (const consumer of consumers) consumer.packet(packet);
    },
    restart() {
      for (const consumer of consumers) consumer.discontinuity?.();
    },
  };
}

/** Streams as `stat` reads the hub; `open` adds one later. */
export function fakeHub(streams: LiveStream[]): LiveStreams & { open(stream: LiveStream): void } {
  const listeners: Parameters<LiveStreams['listen']>[0][] = [];
  return {
    streams,
    find: (name) => streams.find((stream) => stream.name === name),
    listen: (events) => void listeners.push(events),
    open(stream) {
      streams.push(stream);
      for (const listener of listeners) listener.opened?.(stream);
    },
  };
}
