import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { FanOut } from '../../../gateway/live/fan-out.ts';
import type { Muxer } from '../../../gateway/live/muxer.ts';
import { Hub } from '../../../gateway/live/hub.ts';
import type { LiveSettings } from '../../../gateway/live/settings.ts';
import { Stream } from '../../../gateway/live/stream.ts';
import { Viewer, type Sink } from '../../../gateway/live/viewer.ts';
import type { EndReason, Session } from '../../../gateway/sessions/session.ts';
import type { Packet } from '../../../shared/media.ts';
import { liveSettings } from '../../helpers/live-settings.ts';
import { audio, data, playing, video } from './packets.ts';

/** Writes `V12 `: kind (upper case for a key frame, `c` for a configuration) and time in ms. */
const textMuxer: Muxer = {
  head: () => Buffer.from('HEAD '),
  size: (packet) => word(packet).length,
  write: (target, offset, packet) => offset + target.write(word(packet), offset),
};

function word(packet: Packet): string {
  const ms = packet.dts / 1000;
  if (packet.kind === 'data') return `${packet.name}${ms} `;
  const letter = packet.kind === 'video' ? 'v' : 'a';
  if (packet.role === 'config') return `${letter}c${ms} `;
  return `${packet.role === 'key' && packet.kind === 'video' ? 'V' : letter}${ms} `;
}

class TestViewer extends Viewer {
  readonly session: Session;
  readonly writes: string[];
  readonly ended: EndReason[];
  readonly states: string[];
  /** What the test says is queued. */
  readonly line: { queued: number };

  constructor() {
    const writes: string[] = [];
    const ended: EndReason[] = [];
    const states: string[] = [];
    const line = { queued: 0 };
    const sink: Sink = {
      write: (bytes) => void writes.push(Buffer.from(bytes).toString().trimEnd()),
      writeAll: (pieces) =>
        void writes.push(
          pieces
            .map((piece) => Buffer.from(piece).toString())
            .join('')
            .trimEnd(),
        ),
      get queued() {
        return line.queued;
      },
    };
    const session = playing((reason) => ended.push(reason));
    super(sink, session, (state) => states.push(state));
    this.session = session;
    this.writes = writes;
    this.ended = ended;
    this.states = states;
    this.line = line;
  }
}

function setUp(t: TestContext, settings: Partial<LiveSettings> = {}, muxer = textMuxer) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const all = { ...liveSettings, ...settings };
  const time = { now: 0 };
  const stream = new Stream('lesson', () => all.gop);
  stream.begin(0);
  const fanOut = new FanOut(
    stream,
    muxer,
    () => all,
    () => time.now,
  );
  t.after(() => fanOut.close());
  const send = (...packets: Packet[]): void => {
    for (const packet of packets) stream.push(packet);
    stream.flush();
  };
  const join = (count = 1): TestViewer[] => {
    const viewers = Array.from({ length: count }, () => new TestViewer());
    for (const viewer of viewers) fanOut.join(viewer);
    return viewers;
  };
  const tick = (ms: number): void => {
    time.now += ms;
    t.mock.timers.tick(ms);
  };
  return { stream, fanOut, send, join, time, tick };
}

suite('fan-out', () => {
  test('a viewer who came before the key frame starts with it', (t) => {
    const { send, join } = setUp(t);
    const [viewer] = join();
    send(data(0), video(0, 'config'), audio(0, 'config'));
    assert.deepEqual(viewer!.writes, []);
    send(video(0, 'key'), audio(10));
    send(video(40));
    assert.deepEqual(viewer!.writes, ['HEAD onMetaData0 vc0 ac0 V0 a10', 'v40']);
    assert.equal(viewer!.state, 'live');
    assert.equal(viewer!.session.timestamp, 40);
    assert.equal(viewer!.account.bytes, 'HEAD onMetaData0 vc0 ac0 V0 a10 v40 '.length);
  });

  test('a late joiner starts with the cached GOP, set-up first and in its time', (t) => {
    const { send, join } = setUp(t);
    send(data(0), video(0, 'config'), audio(0, 'config'), video(0, 'key'), video(40));
    send(video(80, 'key'));
    send(audio(90), video(120));
    const [viewer] = join();
    assert.deepEqual(viewer!.writes, ['HEAD onMetaData0 vc80 ac80 V80 a90 v120']);
    assert.equal(viewer!.session.timestamp, 120);
  });

  test('the same bytes go to everybody', (t) => {
    const { stream, fanOut, send } = setUp(t);
    const seen: Uint8Array[] = [];
    for (let i = 0; i < 3; i++) {
      const sink = {
        queued: 0,
        writeAll() {},
        write: (bytes: Uint8Array) => void seen.push(bytes),
      };
      fanOut.join(new Viewer(sink, playing()));
    }
    send(video(0, 'key'));
    send(video(40));
    assert.equal(stream.ready, true);
    assert.equal(seen.length, 3);
    assert.ok(
      seen.every((bytes) => bytes === seen[0]),
      'one buffer, not equal ones',
    );
  });

  test('what goes to everybody counts for those who are in step, while they are', (t) => {
    const { fanOut, send, join } = setUp(t);
    send(video(0, 'key'));
    const [first, slow, left] = join(3);
    const begun = first!.session.bytes;
    slow!.line.queued = 300_000;
    send(video(40));
    fanOut.leave(left!);
    send(video(80));
    slow!.line.queued = 0;
    send(video(120, 'key'));
    send(video(160));
    const [bytes, lost] = ['v40 v80 V120 v160 '.length, 'v40 v80 '.length];
    const sessions = [first!.session, slow!.session, left!.session];
    assert.deepEqual(
      sessions.map((session) => session.bytes - begun),
      [bytes, bytes - lost, 'v40 '.length],
    );
    assert.deepEqual(
      sessions.map(({ timestamp }) => timestamp),
      [160, 160, 40],
    );
  });

  test('where few watch, sound goes at once', (t) => {
    const { send, join } = setUp(t);
    send(video(0, 'key'));
    const [viewer] = join(8);
    send(audio(10));
    send(audio(30));
    assert.deepEqual(viewer!.writes.slice(1), ['a10', 'a30']);
  });

  test('where many watch, sound rides with the next picture, or goes when it waited long enough', (t) => {
    const { send, join, tick } = setUp(t);
    send(video(0, 'key'));
    const [viewer] = join(9);
    send(audio(10));
    send(audio(30));
    assert.deepEqual(viewer!.writes.slice(1), []);
    send(video(40));
    assert.deepEqual(viewer!.writes.slice(1), ['a10 a30 v40']);
    send(audio(50));
    tick(39);
    assert.deepEqual(viewer!.writes.slice(2), []);
    tick(1);
    assert.deepEqual(viewer!.writes.slice(2), ['a50']);
  });

  test('sound waits for a picture that is due, also while it is a little late', (t) => {
    const { send, join, tick } = setUp(t);
    send(video(0, 'key'));
    tick(40);
    send(video(40));
    const [viewer] = join(9);
    tick(5);
    send(audio(45));
    tick(43);
    send(video(80));
    assert.deepEqual(viewer!.writes.slice(1), ['a45 v80']);
  });

  test('merge_write_ms gathers pictures too', (t) => {
    const { send, join, tick } = setUp(t, { mergeWriteMs: 350 });
    send(video(0, 'key'));
    tick(350);
    const [viewer] = join();
    for (let ms = 40; ms <= 320; ms += 40) send(video(ms));
    assert.equal(viewer!.writes.length, 1);
    tick(350);
    assert.equal(viewer!.writes.length, 2);
    assert.equal(viewer!.writes[1], 'v40 v80 v120 v160 v200 v240 v280 v320');
  });

  test('a GOP begins with its own write, so that joiners need not be given its set-up twice', (t) => {
    const { send, join } = setUp(t);
    send(video(0, 'key'));
    const [viewer] = join();
    send(audio(10), video(40, 'config', 7), video(40, 'key'), audio(41));
    assert.deepEqual(viewer!.writes.slice(1), ['a10 vc40', 'V40 a41']);
  });

  test('a slow viewer falls back to sound, then comes back at a key frame; others notice nothing', (t) => {
    const { send, join } = setUp(t);
    send(video(0, 'key'));
    const [slow, fast] = join(2);
    slow!.line.queued = 300_000;
    send(video(40));
    assert.equal(slow!.state, 'behind');
    send(audio(50), video(80));
    assert.deepEqual(slow!.writes.slice(1), ['a50']);
    send(video(120, 'key'));
    assert.deepEqual(slow!.writes.slice(2), [], 'its queue has not drained yet');
    slow!.line.queued = 1000;
    send(video(160));
    send(video(200, 'key'), audio(201));
    send(video(240));
    assert.deepEqual(slow!.writes.slice(2), ['V200 a201', 'v240']);
    assert.equal(slow!.state, 'live');
    assert.equal(slow!.account.dropped, 4);
    assert.deepEqual(fast!.writes.slice(1), [
      'v40',
      'a50 v80',
      'V120',
      'v160',
      'V200 a201',
      'v240',
    ]);
    assert.equal(fast!.account.dropped, 0);
  });

  test('sound goes last: beyond twice the queue a viewer gets nothing', (t) => {
    const { send, join } = setUp(t);
    send(video(0, 'key'));
    const [viewer] = join();
    viewer!.line.queued = 600_000;
    send(video(40));
    send(audio(50));
    assert.deepEqual(viewer!.writes.slice(1), []);
  });

  test('a viewer that takes nothing at all is ended', (t) => {
    const { send, join, time } = setUp(t);
    send(video(0, 'key'));
    const [stuck, crawling] = join(2);
    stuck!.line.queued = crawling!.line.queued = 300_000;
    send(video(40));
    time.now = 19_000;
    crawling!.line.queued = 290_000;
    send(video(80));
    time.now = 20_001;
    send(video(120));
    assert.deepEqual(
      stuck!.ended.map(({ code }) => code),
      ['too_slow'],
    );
    assert.match(stuck!.ended[0]!.message, /20 s \(300000 bytes waiting\)/);
    assert.deepEqual(crawling!.ended, []);
  });

  test('the burst that a viewer joined with does not count against it', (t) => {
    const big = (ms: number, role: 'key' | 'delta') => video(ms, role, 0, 400_000);
    const { send, join } = setUp(
      t,
      {},
      {
        size: (packet) => packet.body.length,
        write: (target, offset, packet) => (
          target.set(packet.body, offset),
          offset + packet.body.length
        ),
      },
    );
    send(big(0, 'key'));
    const [viewer] = join();
    viewer!.line.queued = 400_000;
    send(video(40));
    assert.equal(viewer!.state, 'live');
  });

  test('when the GOP outgrew its cache, a joiner gets the set-up and sound, and picture from the next key frame', (t) => {
    const { send, join } = setUp(t, { gop: { frames: 2, bytes: 1_000_000, duration: 20_000_000 } });
    send(video(0, 'config'), video(0, 'key'), video(40));
    send(video(80));
    const [viewer] = join();
    send(audio(90), video(120));
    send(video(160, 'key'));
    assert.deepEqual(viewer!.writes, ['HEAD vc80', 'a90', 'vc160 V160']);
  });

  test('a stream of sound alone starts its viewers once no picture can be expected', (t) => {
    const { send, join } = setUp(t);
    const [viewer] = join();
    send(audio(0, 'config'));
    for (let ms = 0; ms < 1000; ms += 20) send(audio(ms));
    assert.deepEqual(viewer!.writes, []);
    send(audio(1000));
    assert.match(viewer!.writes[0]!, /^HEAD ac500 a500 .* a1000$/);
    send(audio(1020));
    assert.equal(viewer!.writes[1], 'a1020');
  });

  test('viewers stay when a publisher returns, and are told what happens', (t) => {
    const { stream, send, join } = setUp(t);
    send(video(0, 'key'), video(40));
    const [viewer] = join();
    stream.interrupt();
    const [waiting] = join();
    stream.begin(1);
    send(video(5_000, 'config'), video(5_000, 'key'));
    assert.deepEqual(viewer!.writes.slice(1), ['vc5000', 'V5000']);
    assert.deepEqual(waiting!.writes, ['HEAD vc5000 V5000']);
    assert.deepEqual(viewer!.states, ['interrupted', 'live']);
    stream.end();
    assert.deepEqual(viewer!.states, ['interrupted', 'live', 'ended']);
  });

  for (const [what, cut] of [
    [
      'the clock jumped',
      (stream: Stream): void => {
        stream.timeline.map(0, 1);
        stream.timeline.map(3_600_000, 1);
      },
    ],
    ['the sound was set up anew', (stream: Stream): void => stream.push(audio(70, 'config', 1))],
  ] as const) {
    test(`a joiner gets no picture without its key frame when ${what} within the GOP`, (t) => {
      const { stream, fanOut, send, join } = setUp(t);
      const [before] = join();
      send(audio(0, 'config'), video(0, 'config'), video(0, 'key'), audio(10), video(40));
      cut(stream);
      send(video(80), audio(90), video(120));
      const [viewer] = join();
      const other = new FanOut(
        stream,
        textMuxer,
        () => liveSettings,
        () => 0,
      );
      t.after(() => other.close());
      const first = new TestViewer();
      other.join(first);
      send(video(160));
      send(video(200, 'key'));
      for (const { writes } of [viewer!, first]) {
        const pictures = writes.join(' ').match(/\b[vV]\d+/g);
        assert.deepEqual(pictures, ['V200'], writes.join(' '));
      }
      assert.match(before!.writes.join(' '), /v80 a90 v120 v160/, 'who was in step stays so');
      assert.equal(fanOut.viewers, 2);
    });
  }

  test('a viewer that comes back in step stays when the only other one is ended', () => {
    const settings = { ...liveSettings, viewerStallMs: 1000 };
    const time = { now: 0 };
    const hub = new Hub(
      () => settings,
      () => time.now,
    );
    const publication = hub.publish('lesson', { replaced() {} })!;
    const send = (...packets: Packet[]): void => {
      for (const packet of packets) publication.push(packet);
      publication.flush();
    };
    const [quick, stalled] = [new TestViewer(), new TestViewer()];
    const format = { key: 'text', create: () => textMuxer };
    stalled.account.end = hub.watch('lesson', format, stalled);
    hub.watch('lesson', format, quick);
    send(video(0, 'key'));
    for (const { line } of [quick, stalled]) line.queued = 10_000_000;
    send(video(40));
    assert.deepEqual([quick.state, stalled.state], ['behind', 'behind']);
    quick.line.queued = 0;
    time.now = 5000;
    send(video(80, 'key'));
    send(video(120));
    assert.equal(quick.writes.at(-1), 'v120');
    publication.end(true);
  });

  test('whoever leaves gets nothing more', (t) => {
    const { fanOut, send, join } = setUp(t);
    send(video(0, 'key'));
    const [first, second, third] = join(3);
    fanOut.leave(first!);
    fanOut.leave(first!);
    send(video(40));
    assert.deepEqual(first!.writes.length, 1);
    assert.deepEqual([second!.writes.length, third!.writes.length], [2, 2]);
    assert.equal(fanOut.viewers, 2);
  });
});
