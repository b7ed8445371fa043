import assert from 'node:assert/strict';
import { connect as connectSocket } from 'node:net';
import { test } from 'node:test';
import { FlvDemuxer } from '../../shared/flv/demuxer.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { heldBytes } from '../helpers/memory.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import { ReceivedFrames, watchHttp, watchRtmp } from '../helpers/numbered-viewer.ts';
import { until } from '../helpers/until.ts';

void test('a player that comes before its publisher is told when it begins and when it ends', async (t) => {
  const server = await startTestGateway(t);
  const viewer = await watchRtmp(t, `${server.rtmp}/lesson`);
  assert.ok(viewer.statuses.includes('NetStream.Play.Start'));
  assert.ok(!viewer.statuses.includes('NetStream.Play.PublishNotify'));

  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
  await viewer.status('NetStream.Play.PublishNotify');
  const last = publisher.send(30);
  await viewer.frames.upTo(last);
  viewer.frames.assertGapless(viewer.frames.numbers()[0] ?? -1, last);

  await publisher.close();
  await viewer.status('NetStream.Play.UnpublishNotify');
  const again = await publishNumbered(t, `${server.rtmp}/lesson`);
  const before = viewer.frames.all.length;
  again.send(3);
  await viewer.frames.waitFor('the next lesson', () => {
    return viewer.frames.all.slice(before).some(({ number }) => number === 2);
  });
});

void test('pause stops what is sent; on return the viewer begins with a key frame', async (t) => {
  const server = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`, { gop: 10 });
  const viewer = await watchRtmp(t, `${server.rtmp}/lesson`);
  const witness = await watchRtmp(t, `${server.rtmp}/lesson`);
  await server.players(2);
  await viewer.frames.upTo(publisher.send(5));

  viewer.client.tell(1, 'pause', true, 200);
  await viewer.status('NetStream.Pause.Notify');
  await witness.frames.upTo(publisher.send(20));
  viewer.client.tell(1, 'pause', false, 200);
  await viewer.status('NetStream.Unpause.Notify');
  const last = publisher.send(10);
  await viewer.frames.upTo(last);
  await witness.frames.upTo(last);

  const numbers = viewer.frames.numbers();
  assert.deepEqual(numbers.slice(0, 5), [0, 1, 2, 3, 4]);
  const rest = Array.from({ length: 15 }, (_, index) => 20 + index);
  assert.deepEqual(numbers.slice(5), rest, 'from the newest key frame on');
  witness.frames.assertGapless(0, 34);
});

void test('receiveVideo and receiveAudio leave out what is not wanted, for that player only', async (t) => {
  const server = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`, { gop: 10 });
  const viewer = await watchRtmp(t, `${server.rtmp}/lesson`);
  const witness = await watchRtmp(t, `${server.rtmp}/lesson`);
  await server.players(2);
  await viewer.frames.upTo(publisher.send(10));

  viewer.client.tell(1, 'receiveVideo', false);
  // Commands are handled in their order: when this one is answered, the other is in force.
  await viewer.client.call('getStreamLength', 'lesson');
  await viewer.frames.upTo(publisher.send(10), ['audio']);
  assert.equal(viewer.frames.numbers('video').at(-1), 9);

  viewer.client.tell(1, 'receiveVideo', true);
  await viewer.client.call('getStreamLength', 'lesson');
  await viewer.frames.upTo(publisher.send(10));
  assert.equal(viewer.frames.numbers('video')[10], 10, 'pictures begin with a key frame');
  await witness.frames.upTo(29);
  witness.frames.assertGapless(0, 29);
});

void test('a viewer that does not read costs the others nothing, and comes back at a key frame', async (t) => {
  const limit = 1_000_000;
  const server = await startTestGateway(t, { viewer_queue_bytes: limit });
  const gop = 10;
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`, { gop, padding: 60_000 });
  const witness = await watchHttp(t, `${server.http}/live/lesson.flv`);

  const slow = connectSocket(server.gateway.ports.http, '127.0.0.1');
  t.after(() => void slow.destroy());
  slow.write('GET /live/lesson.flv HTTP/1.0\r\n\r\n');
  await server.players(2, 'lesson');
  slow.pause();
  const [session] = server.gateway.registry
    .list(({ details }) => details.name === 'lesson' && details.kind === 'play')
    .slice(-1);
  assert.ok(session);

  // Some 60 MB: more than both sockets' buffers and the queue take.
  const before = heldBytes();
  while (publisher.next < 1000) await witness.frames.upTo(publisher.send(gop));
  witness.frames.assertGapless(0, 999);
  assert.ok(session.dropped > 0, 'frames were left out for the slow viewer');
  witness.frames.all.length = 0;
  const held = heldBytes() - before;
  assert.ok(held < 4 * limit, `${held} bytes are held for a viewer that may have ${limit} waiting`);

  const frames = new ReceivedFrames();
  const demuxer = new FlvDemuxer();
  let head: Buffer | undefined = Buffer.alloc(0);
  let received = 0;
  slow.on('data', (data: Buffer) => {
    let media = data;
    if (head !== undefined) {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      media = head.subarray(end + 4);
      head = undefined;
    }
    received += media.length;
    for (const { type, timestamp, body } of demuxer.push(media)) frames.add(type, timestamp, body);
  });
  slow.resume();
  while (frames.numbers().at(-1) !== publisher.next - 1 && publisher.next < 1200) {
    await witness.frames.upTo(publisher.send(gop));
    // From now on it is as quick as the other, however busy the machine.
    await until(() => received === session.bytes);
  }
  const numbers = frames.numbers();
  const gap = numbers.findIndex((number, index) => index > 0 && number !== numbers[index - 1]! + 1);
  assert.ok(gap > 0, 'there is one gap');
  assert.equal(numbers[gap]! % gop, 0, 'after it comes a key frame');
  const rest = numbers.slice(gap);
  assert.deepEqual(
    rest,
    rest.map((_, index) => rest[0]! + index),
    'and then every frame',
  );
});

void test('a viewer that takes nothing at all is ended, with the reason', async (t) => {
  const server = await startTestGateway(t, { viewer_queue_bytes: 262_144, viewer_stall: 1 });
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`, { gop: 5, padding: 60_000 });
  const witness = await watchHttp(t, `${server.http}/live/lesson.flv`);
  const stuck = connectSocket(server.gateway.ports.http, '127.0.0.1');
  t.after(() => void stuck.destroy());
  stuck.write('GET /live/lesson.flv HTTP/1.0\r\n\r\n');
  await server.players(2, 'lesson');
  stuck.pause();

  const ended = server.logged(/play ended: The viewer took nothing for 1 s/);
  let over = false;
  void ended.then(() => (over = true));
  while (!over && publisher.next < 5000) await witness.frames.upTo(publisher.send(5));
  await ended;
  assert.equal(server.gateway.registry.list(({ details }) => details.kind === 'play').length, 1);
});

void test('100 players of one stream: every one receives every frame', async (t) => {
  const server = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
  const viewers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0
        ? watchRtmp(t, `${server.rtmp}/lesson`)
        : watchHttp(t, `${server.http}/live/lesson.flv`),
    ),
  );
  await server.players(100, 'lesson');
  // Frame by frame, as a live publisher sends: audio may wait for the next picture.
  for (let frame = 0; frame < 60; frame++) {
    const number = publisher.send();
    await viewers[frame]?.frames.upTo(number, ['video']);
  }
  for (const { frames } of viewers) {
    await frames.upTo(59);
    frames.assertGapless(0, 59);
  }
});

void test('a stream’s end ends its HTTP viewers, cleanly, and nobody is left over', async (t) => {
  const server = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
  const viewer = await watchHttp(t, `${server.http}/live/lesson.flv`);
  await viewer.frames.upTo(publisher.send(5));
  await publisher.close();
  await viewer.ended;
  assert.equal(viewer.complete, true, 'the chunked body came to its end');
  await server.streamIs('lesson', 'gone');
  assert.deepEqual(server.gateway.registry.list(), []);
});
