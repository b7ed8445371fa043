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
}

/** The clock of both sides of the measurement: ms since 1970, not stepped by time servers. */
export const wallClock = (): number => performance.timeOrigin + performance.now();

export async function publishNumbered(
  scope: Scope,
  url: string,
  media: NumberedMedia,
): Promise<NumberedPublisher> {
  const sent: { number: number; at: number }[] = [];
  let client: RtmpClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  let startedAt = 0;
  let next = 0;
  let round = 0;

  const tick = (): void => {
    const elapsed = performance.now() - startedAt;
    for (;;) {
      const message = media.messages[next];
      if (message === undefined) {
        next = 0;
        round += 1;
        continue;
      }
      const due = round * media.duration + message.timestamp;
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
    for (const message of media.head) client.sendMedia(message.type, 0, message.payload);
    startedAt = performance.now();
    next = 0;
    round = 0;
    tick();
  };
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    await client?.close();
    client = undefined;
  };
  scope.after(end);
  await begin();
  return { sent, resume: begin, stop: end };
}
