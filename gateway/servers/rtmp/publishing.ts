import { FlvIngest } from '../../live/flv-ingest.ts';
import type { Publication } from '../../live/publication.ts';
import type { Log } from '../../ops/log.ts';
import { splitAggregate } from '../../protocols/rtmp/aggregate.ts';
import { decodeData, isData } from '../../protocols/rtmp/data.ts';
import { MessageType, type RtmpMessage } from '../../protocols/rtmp/message.ts';
import type { Session } from '../../sessions/session.ts';

export interface PublishingOptions {
  readonly publication: Publication;
  /** Publishing ends with it, and it with a publisher that is silent for too long. */
  readonly session: Session;
  /** How long a publisher may send nothing, ms; asked each time. */
  readonly silenceMs: () => number;
  readonly log: Log;
}

/** What a NetStream does while it publishes. */
export class Publishing {
  readonly #options: PublishingOptions;
  readonly #ingest: FlvIngest;
  #silence: NodeJS.Timeout | undefined;

  constructor(options: PublishingOptions) {
    const { publication, session, log } = options;
    this.#options = options;
    this.#ingest = new FlvIngest(publication, (error) =>
      log.warn({ stream: session.details.name }, `left out: ${error.message}`),
    );
    this.#awaitSilence();
    session.onEnd(({ code }) => {
      clearTimeout(this.#silence);
      publication.end(code !== 'connection_lost' && code !== 'timeout');
    });
  }

  /** Somebody waits for what comes. */
  get watched(): boolean {
    return this.#options.publication.stream.watched;
  }

  media(message: RtmpMessage): void {
    const { session } = this.#options;
    const { type, timestamp, payload } = message;
    // An aggregate's parts count themselves.
    if (type !== MessageType.aggregate) session.bytes += payload.length;
    switch (type) {
      case MessageType.video:
        this.#ingest.video(timestamp, payload);
        break;
      case MessageType.audio:
        this.#ingest.audio(timestamp, payload);
        break;
      case MessageType.aggregate:
        for (const part of splitAggregate(message)) this.media(part);
        break;
      default:
        if (isData(type) && payload.length > 0) {
          const { name, body, frame } = decodeData(message);
          // What an encoder clears as it leaves is forgotten with the stream anyhow.
          if (frame !== 'clear') this.#ingest.data(timestamp, name, body);
        }
    }
  }

  /** What came in one read is through. */
  flush(): void {
    const { publication, session } = this.#options;
    publication.flush();
    session.timestamp = Math.round(publication.stream.now / 1000);
  }

  #awaitSilence(): void {
    const { publication, session, silenceMs } = this.#options;
    const limit = silenceMs();
    const left = limit - (performance.now() - publication.lastPacketAt);
    if (left > 0) {
      this.#silence = setTimeout(() => this.#awaitSilence(), left + 1);
      return;
    }
    const message = `The publisher sent nothing for ${Math.round(limit / 1000)} s.`;
    session.end({ code: 'timeout', message });
  }
}
