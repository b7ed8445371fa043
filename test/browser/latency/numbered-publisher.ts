import { connect, type RtmpClient } from '../../../gateway/relay/rtmp-client.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { NumberedMedia } from './numbered-media.ts';

/** Publishes numbered media in real time, round after round, until it is stopped. */
export interface NumberedPublisher {
  /** When each frame went into the socket: its number and the time, ms since 1970, in order. */
  readonly sent: readonly { readonly number: number; readonly at: number }[];
  /** Stops publishing. */
  stop(): Promise<void>;
  /** Connects again and goes on from the media's beginning. */
  resume(): Promise<void>;
  /** Goes on with other media, from its decoder configurations on, over the same connection. */
  change(media: NumberedMedia): void;
}

/** The clock of both sides of the measurement: ms since 1970, not stepped by time servers. */
export const wallClock = (): number => performance.timeOrigin + performance.now();

export async function publishNumbered(
  scope: Scope,
  url: string,
  first: NumberedMedia,
): Promise<NumberedPublisher> {
  const sent: { number: number; at: number }[] = [];
  let client: RtmpClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  let media = first;
  let startedAt = 0;
  let next = 0;
  /** Stream time at which the present round of the media began, ms. */
  let begun = 0;

  const tick = (): void => {
    const elapsed = performance.now() - startedAt;
    for (;;) {
      const message = media.messages[next];
      if (message === undefined) {
        next = 0;
        begun += media.duration;
        continue;
      }
      const due = begun + message.timestamp;
      if (due > elapsed) {
        timer = setTimeout(tick, Math.max(1, due - elapsed));
        return;
      }
      client?.sendMedia(message.type, due, message.payload);
      if (message.number !== undefined) sent.push({ number: message.number, at: wallClock() });
      next += 1;
    }
  };

  const begin = async (): Promise<void> => {
    client = await connect(url);
    client.on('close', () => clearTimeout(timer));
    await client.publish();
    startedAt = performance.now();
    begun = 0;
    start();
  };
  const start = (): void => {
    for (const message of media.head) client?.sendMedia(message.type, begun, message.payload);
    next = 0;
    tick();
  };
  const change = (other: NumberedMedia): void => {
    clearTimeout(timer);
    media = other;
    begun = Math.ceil(performance.now() - startedAt);
    start();
  };
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    await client?.close();
    client = undefined;
  };
  scope.after(end);
  await begin();
  return { sent, resume: begin, stop: end, change };
}
