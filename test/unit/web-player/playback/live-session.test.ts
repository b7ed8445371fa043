import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  HLS_START_LIMIT,
  LiveSession,
  START_LIMIT,
  STILL_LIMIT,
  type LiveState,
} from '../../../../web-player/src/playback/live-session.ts';
import {
  PlaybackError,
  type PlaybackErrorCode,
} from '../../../../web-player/src/playback/playback-error.ts';
import type { TransportReason } from '../../../../web-player/src/playback/transport-ladder.ts';
import type {
  Transport,
  TransportListener,
  TransportName,
} from '../../../../web-player/src/transports/transport.ts';

/** A transport that does nothing but what the test says. */
class FakeTransport implements Transport {
  readonly surface = 'video';
  readonly name: TransportName;
  readonly says: TransportListener;
  started = false;
  stopped = false;

  constructor(name: TransportName, says: TransportListener) {
    this.name = name;
    this.says = says;
  }

  start(): void {
    this.started = true;
  }
  stop(): void {
    this.stopped = true;
  }
  goLive(): void {}
  setSound(): void {}
  statistics() {
    return {};
  }
  presented() {
    return undefined;
  }
}

/** A session with fake transports and a clock that the test moves. */
function makeSession(order: TransportName[]) {
  const made: FakeTransport[] = [];
  const states: LiveState[] = [];
  const reasons: TransportReason[] = [];
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  let loads = true;
  let live: boolean | undefined;
  const session = new LiveSession({
    order,
    make: async (name, listener) => {
      if (!loads) throw new TypeError('no such chunk');
      const transport = new FakeTransport(name, listener);
      made.push(transport);
      return transport;
    },
    listener: {
      state: (state) => states.push(state),
      transport: (_, reason) => reasons.push(reason),
      soundRefused: () => undefined,
    },
    schedule: (callback, milliseconds) => {
      const timer = { at: now + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    random: () => 1,
    isLive: async () => live,
  });
  /** Lets promises settle, then the time pass. */
  const pass = async (milliseconds = 0) => {
    await new Promise(setImmediate);
    const end = now + milliseconds;
    for (;;) {
      const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((timer) => timer !== due);
      now = due.at;
      due.callback();
      await new Promise(setImmediate);
    }
    now = end;
  };
  const last = () => {
    const transport = made.at(-1);
    assert.ok(transport);
    return transport;
  };
  return {
    session,
    made,
    states,
    reasons,
    pass,
    last,
    timers: () => timers.length,
    publishes: (answer: boolean) => {
      live = answer;
    },
    stopLoading: () => {
      loads = false;
    },
  };
}

const failure = (code: PlaybackErrorCode) => new PlaybackError(code, `It is ${code}.`);

describe('a live session', () => {
  it('plays by the first transport', async () => {
    const { session, states, made, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.receiving();
    last().says.playing();
    await pass(60_000);
    assert.deepEqual(states, ['connecting', 'playing']);
    assert.deepEqual(
      made.map(({ name }) => name),
      ['webrtc'],
    );
  });

  it('moves down within 2 s when nothing is on screen, and says why', async () => {
    const { session, made, reasons, pass } = makeSession(['webrtc', 'webcodecs', 'mse']);
    session.start();
    await pass(START_LIMIT);
    await pass();
    assert.equal(START_LIMIT, 2000);
    assert.deepEqual(
      made.map(({ name }) => name),
      ['webrtc', 'webcodecs'],
    );
    assert.ok(made[0]?.stopped, 'the first one is let go of');
    assert.equal(reasons[0]?.kind, 'first');
    const reason = reasons[1];
    assert.ok(reason?.kind === 'after');
    assert.equal(reason.failed, 'webrtc');
    assert.equal(reason.error.code, 'slow_start');
  });

  it('gives HLS the time that segments need', async () => {
    const { session, states, pass } = makeSession(['hls']);
    session.start();
    await pass(HLS_START_LIMIT - 1);
    assert.deepEqual(states, ['connecting']);
  });

  it('moves down at once when a transport fails before it played', async () => {
    const { session, made, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.failed(failure('network'));
    await pass();
    assert.deepEqual(
      made.map(({ name }) => name),
      ['webrtc', 'mse'],
    );
  });

  it('never comes back to what cannot work for this stream', async () => {
    const { session, made, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.failed(failure('b_frames'));
    await pass();
    last().says.failed(failure('network'));
    await pass(60_000);
    assert.deepEqual(new Set(made.slice(1).map(({ name }) => name)), new Set(['mse']));
  });

  it('fails for good when the browser has nothing to play with', async () => {
    const { session, states, pass, last, timers } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.failed(failure('unsupported'));
    await pass();
    last().says.failed(failure('unsupported'));
    await pass();
    assert.equal(states.at(-1), 'failed');
    assert.equal(timers(), 0);
  });

  it('looks now and then whether a stream that it cannot decode has changed', async () => {
    const { session, made, states, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.failed(failure('codec'));
    await pass();
    last().says.failed(failure('codec'));
    await pass(10_000);
    assert.equal(last().name, 'webrtc');
    last().says.failed(failure('codec'));
    await pass();
    assert.deepEqual(states, ['connecting', 'failed'], 'meanwhile the sentence stays');
    assert.equal(made.length, 4);
    last().says.receiving();
    last().says.playing();
    assert.equal(states.at(-1), 'playing');
  });

  it('tries what the last publisher made impossible with the next one', async () => {
    const { session, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.failed(failure('b_frames'));
    await pass();
    assert.equal(last().name, 'mse');
    last().says.playing();
    last().says.ended();
    await pass(400);
    assert.equal(last().name, 'webrtc');
  });

  it('fails for good when the gateway refuses: no other transport is asked', async () => {
    const { session, made, states, pass, last, timers } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.failed(failure('refused'));
    await pass(60_000);
    assert.equal(made.length, 1);
    assert.equal(states.at(-1), 'failed');
    assert.equal(timers(), 0);
  });

  it('starts from the top when all failed, with pauses that grow', async () => {
    const { session, made, reasons, pass } = makeSession(['webrtc', 'mse']);
    session.start();
    const attempts: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      await pass(1000);
      for (const transport of made) {
        if (!transport.stopped) transport.says.failed(failure('network'));
      }
      attempts.push(made.length);
    }
    const early = attempts[9] ?? 0;
    assert.ok(early >= 4, 'it goes on trying');
    assert.equal(reasons[2]?.kind, 'again');
    assert.ok((attempts[59] ?? 0) - (attempts[29] ?? 0) < 12, 'but not all the time');
  });

  it('waits without a limit while nobody publishes', async () => {
    const { session, made, states, pass, last } = makeSession(['mse', 'hls']);
    session.start();
    await pass();
    last().says.waiting();
    await pass(600_000);
    assert.equal(states.at(-1), 'waiting');
    assert.equal(made.length, 1);
    last().says.receiving();
    await pass(START_LIMIT);
    assert.equal(made.length, 2, 'what comes must be shown in time');
  });

  it('asks again for a stream that is not live, over the same transport', async () => {
    const { session, made, states, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    for (let i = 0; i < 4; i += 1) {
      last().says.failed(failure('not_live'));
      assert.equal(states.at(-1), 'waiting');
      await pass(300 * 2 ** i);
    }
    assert.ok(made.length > 1 && made.every(({ name }) => name === 'webrtc'));
  });

  it('tries nothing while the gateway says that nobody publishes', async () => {
    const { session, made, pass, last, publishes } = makeSession(['webrtc', 'mse']);
    publishes(false);
    session.start();
    await pass();
    last().says.failed(failure('not_live'));
    await pass(60_000);
    assert.equal(made.length, 1);
    publishes(true);
    await pass(2400);
    await pass();
    assert.deepEqual(
      made.map(({ name }) => name),
      ['webrtc', 'webrtc'],
    );
  });

  it('comes back over the same transport when a connection that played breaks', async () => {
    const { session, made, states, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.playing();
    last().says.failed(failure('network'));
    assert.equal(states.at(-1), 'reconnecting');
    await pass(300);
    assert.deepEqual(
      made.map(({ name }) => name),
      ['webrtc', 'webrtc'],
    );
    last().says.playing();
    assert.equal(states.at(-1), 'playing');
  });

  it('moves down when a transport that played cannot be had again', async () => {
    const { session, made, pass, last } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass();
    last().says.playing();
    for (let i = 0; i < 4; i += 1) {
      last().says.failed(failure('network'));
      await pass(1200);
    }
    assert.equal(last().name, 'mse');
    assert.ok(made.length <= 6);
  });

  it('moves down from a transport that gets the changed stream and shows nothing of it', async () => {
    const { session, pass, last } = makeSession(['mse', 'hls']);
    session.start();
    await pass();
    last().says.playing();
    last().says.failed(failure('network'));
    await pass(400);
    assert.equal(last().name, 'mse');
    last().says.waiting();
    last().says.receiving();
    await pass(START_LIMIT);
    assert.equal(last().name, 'hls');
  });

  it('takes a picture that stands still for a lost connection', async () => {
    const { session, made, states, pass, last } = makeSession(['mse']);
    session.start();
    await pass();
    last().says.playing();
    last().says.buffering();
    assert.equal(states.at(-1), 'buffering');
    await pass(STILL_LIMIT + 400);
    assert.equal(made.length, 2);
  });

  it('says that the lesson ended, and resumes when it goes on', async () => {
    const { session, states, pass, last } = makeSession(['mse']);
    session.start();
    await pass();
    last().says.playing();
    last().says.ended();
    await pass(400);
    last().says.waiting();
    assert.equal(states.at(-1), 'ended');
    last().says.receiving();
    last().says.playing();
    assert.equal(states.at(-1), 'playing');
  });

  it('hears nothing from a transport that it let go of', async () => {
    const { session, made, states, pass } = makeSession(['webrtc', 'mse']);
    session.start();
    await pass(START_LIMIT);
    await pass();
    made[0]?.says.playing();
    made[0]?.says.failed(failure('refused'));
    assert.equal(states.at(-1), 'connecting');
    assert.equal(made[1]?.stopped, false);
  });

  it('hurries when the network is back', async () => {
    const { session, made, pass, last } = makeSession(['mse']);
    session.start();
    await pass();
    last().says.playing();
    last().says.failed(failure('network'));
    session.hurry();
    await pass();
    assert.equal(made.length, 2);
  });

  it('survives a transport that cannot be loaded', async () => {
    const { session, states, pass, stopLoading } = makeSession(['mse']);
    stopLoading();
    session.start();
    await pass(100);
    assert.equal(states.at(-1), 'reconnecting');
  });

  it('stops for good', async () => {
    const { session, made, states, pass, timers } = makeSession(['mse']);
    session.start();
    await pass();
    session.stop();
    session.stop();
    const count = states.length;
    made[0]?.says.playing();
    await pass(60_000);
    assert.equal(timers(), 0);
    assert.equal(states.length, count);
    assert.ok(made[0]?.stopped);
  });

  it('stopped while a transport is loaded, lets go of it when it comes', async () => {
    const { session, made, pass } = makeSession(['mse']);
    session.start();
    session.stop();
    await pass();
    assert.ok(made[0]?.stopped && !made[0].started);
  });
});
