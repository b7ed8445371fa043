import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { suite, test } from 'node:test';
import { startAmsGateway } from '../helpers/ams-gateway.ts';
import { freePort } from '../helpers/free-port.ts';
import { sendFrame } from '../helpers/rtmp-media.ts';
import { until } from '../helpers/until.ts';

suite('issue: a reload that changes rtmp_port while 100 players watch', () => {
  test('none loses a frame; new ones connect at the new port only', async (t) => {
    const ams = await startAmsGateway(t);
    const publisher = await ams.publish('lesson');
    const from = 10_000;
    const players = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const seen: number[] = [];
        const player = await ams.play('lesson');
        player.on('media', ({ type, timestamp, payload }) => {
          if (type === 9 && payload[1] === 1 && timestamp >= from) seen.push(timestamp);
        });
        return seen;
      }),
    );
    let frame = 0;
    const timer = setInterval(() => sendFrame(publisher, from + frame * 40, frame++), 10);
    t.after(() => clearInterval(timer));
    await until(() => players.every((seen) => seen.length > 0));

    const before = ams.gateway.ports.rtmp;
    const port = await freePort();
    await ams.configure({ rtmp_port: port });
    const moved = frame;
    const refused = connectTcp(before, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(ams.gateway.ports.rtmp, port);
    await ams.play('lesson');

    await until(() => frame > moved + 50);
    clearInterval(timer);
    await until(() => players.every((seen) => seen.at(-1) === from + (frame - 1) * 40));
    for (const seen of players) {
      const expected = Array.from({ length: seen.length }, (_, index) => seen[0]! + index * 40);
      assert.deepEqual(seen, expected);
    }
    assert.equal(ams.gateway.registry.list().length, 102);
  });
});
