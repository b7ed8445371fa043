import type { Hub } from '../../live/hub.ts';
import type { Stream } from '../../live/stream.ts';
import type { Session } from '../../sessions/session.ts';
import { WebRtcProblem } from './problem.ts';

/** A stream that has just begun is given this long to show its first key frame, ms. */
const READY_MS = 5_000;

/**
 * The stream that a viewer asked for, as soon as one can start with it: waits for its first key
 * frame and, for at most `waitMs`, for its publisher. It is held until the session ends.
 * @throws WebRtcProblem `not_live`
 */
export const awaitStream = async (
  hub: Hub,
  name: string,
  session: Session,
  waitMs: number,
): Promise<Stream> => {
  const state = hub.find(name)?.state;
  const isPublished = state === 'live' || state === 'interrupted';
  if (isPublished || waitMs > 0) {
    const { stream, release } = hub.hold(name);
    session.onEnd(release);
    if (stream.ready || (await becomesReady(stream, session, isPublished ? READY_MS : waitMs))) {
      return stream;
    }
  }
  throw new WebRtcProblem('not_live', `Nobody publishes ${JSON.stringify(name)} now.`);
};

/** Whether the stream is ready within `ms`; one that is live by then may show its picture later. */
const becomesReady = (stream: Stream, session: Session, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const done = (isReady: boolean): void => {
      unsubscribe();
      clearTimeout(timer);
      resolve(isReady);
    };
    const timer = setTimeout(() => done(stream.state === 'live'), ms);
    const unsubscribe = stream.subscribe({
      packet() {},
      flush: () => {
        if (stream.ready) done(true);
      },
    });
    session.onEnd(() => done(false));
  });
