import { encodeData } from '../protocols/rtmp/data.ts';
import type { Hub } from '../live/hub.ts';
import type { Publication } from '../live/publication.ts';
import type { Log } from '../ops/log.ts';
import { EcmaArray } from '../protocols/amf/value.ts';
import type { SessionRegistry } from '../sessions/registry.ts';
import type { Session } from '../sessions/session.ts';
import { VodReader } from './rtmp/vod-reader.ts';
import type { VodFiles } from './vod-files.ts';

/** The live stream that the demo is. */
const NAME = 'demo';
/** The file that it plays, round and round. */
const FILE = '1.mp4';
/** It ends by itself when nobody has watched for so long, ms. */
const UNWATCHED_MS = 300_000;
/** Media is sent this long before it is due, µs: timers are no finer. */
const AHEAD = 2000;

export interface DemoChannelOptions {
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  readonly files: VodFiles;
  readonly log: Log;
}

/**
 * The sample programme as a live stream, published by the gateway itself: what a newcomer sees
 * before any encoder is set up. It is a publisher like any other: admitted, in `stat`, droppable.
 */
export class DemoChannel {
  readonly name = NAME;
  #options: DemoChannelOptions;
  #session: Session | undefined;
  /** When the programme of the present session began, by `performance.now()`, and its length, µs. */
  #programme: { readonly began: number; readonly duration: number } | undefined;

  constructor(options: DemoChannelOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#session?.state === 'active';
  }

  /** Where in the programme the gateway is now, and the programme's length; whole ms. */
  get progress(): { readonly position: number; readonly duration: number } | undefined {
    if (!this.running || !this.#programme) return undefined;
    const duration = this.#programme.duration / 1000;
    const elapsed = performance.now() - this.#programme.began;
    return { position: Math.floor(elapsed % duration), duration: Math.floor(duration) };
  }

  /** Begins to publish; resolves when it does. @throws Error saying why it cannot */
  async start(): Promise<void> {
    if (this.#session) return;
    const { hub, registry, files, log } = this.#options;
    const { session, decision } = await registry.open(
      {
        kind: 'publish',
        protocol: 'mp4',
        app: 'live',
        name: NAME,
        clientId: registry.nextClientId(),
        addr: '127.0.0.1',
        args: [],
      },
      () => {},
      (opened) => (this.#session = opened),
    );
    session.onEnd(() => {
      if (this.#session !== session) return;
      this.#session = undefined;
      this.#programme = undefined;
    });
    if (!decision.admitted) throw new Error(decision.refusal.message);
    try {
      const file = await files.open(FILE, undefined);
      if (!file) throw new Error(`There is no ${FILE}.`);
      const reader = await VodReader.open(file);
      const publication = hub.publish(NAME, {
        replaced: () => session.end({ code: 'replaced', message: 'Another publisher took over.' }),
      });
      session.onEnd(() => {
        publication?.end(true);
        reader
          .close()
          .catch((error: unknown) => log.warn({ error }, 'the demo file is not closed'));
      });
      if (!publication) throw new Error(`The stream ${NAME} is published already.`);
      void this.#play(session, publication, reader);
    } catch (error) {
      session.end({ code: 'failed', message: sentence(error) });
      throw error;
    }
  }

  stop(): void {
    this.#session?.end({ code: 'client_left', message: 'The demo channel was stopped.' });
  }

  /** Sends the file in its own time until the session ends. */
  async #play(session: Session, publication: Publication, reader: VodReader): Promise<void> {
    const { stream } = publication;
    const begin = stream.now + 40_000;
    const began = performance.now();
    this.#programme = { began, duration: reader.duration };
    let loop = 0;
    let watched = began;
    try {
      const { payload } = encodeData('onMetaData', EcmaArray.of(liveMetadata(reader)));
      publication.push({
        kind: 'data',
        carrier: 'data',
        name: 'onMetaData',
        dts: begin,
        pts: begin,
        body: payload,
      });
      for (const config of reader.configs()) {
        publication.push({ ...config, dts: begin, pts: begin });
      }
      while (!publication.ended) {
        const now = performance.now();
        const elapsed = (now - began) * 1000 - loop * reader.duration;
        for (const packet of await reader.read(elapsed + AHEAD)) {
          const shift = begin + loop * reader.duration;
          publication.push({ ...packet, dts: packet.dts + shift, pts: packet.pts + shift });
          session.bytes += packet.body.length;
        }
        publication.flush();
        session.timestamp = Math.round(stream.now / 1000);
        if (stream.watched) watched = now;
        if (now - watched > UNWATCHED_MS) {
          session.end({ code: 'timeout', message: 'Nobody watched the demo channel.' });
          return;
        }
        let { next } = reader;
        if (next === undefined) {
          loop++;
          reader.seek(0);
          next = reader.next ?? 0;
        }
        const due = began + (loop * reader.duration + next) / 1000;
        await new Promise((resolve) => setTimeout(resolve, Math.max(1, due - performance.now())));
      }
    } catch (error) {
      session.end({ code: 'failed', message: `The demo channel failed: ${sentence(error)}` });
    }
  }
}

/** What is true of the file but not of the stream is left out. */
function liveMetadata({ metadata }: VodReader): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metadata).filter(([key]) => key !== 'duration' && key !== 'filesize'),
  );
}

const sentence = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
