import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { probeLive } from '../helpers/ffprobe.ts';
import { startTestGateway } from '../helpers/gateway.ts';

suite('the demo channel', () => {
  test('one call publishes the sample programme as a live stream, another ends it', async (t) => {
    const server = await startTestGateway(t);
    const call = async (act: string, method = 'POST') => {
      const headers = { accept: 'application/json' };
      const response = await fetch(`${server.http}/control/demo${act}`, { method, headers });
      const answer = (await response.json()) as Record<string, unknown>;
      const { position, duration, ...rest } = answer;
      if (!rest['running']) assert.deepEqual([position, duration], [undefined, undefined]);
      else {
        assert.ok(Number(duration) > 5000, `${String(duration)} ms long`);
        assert.ok(Number(position) >= 0 && Number(position) < Number(duration));
      }
      return rest;
    };
    assert.deepEqual(await call('', 'GET'), { name: 'demo', running: false });
    assert.deepEqual(await call('/start'), { name: 'demo', running: true });
    assert.deepEqual(await call('/start'), { name: 'demo', running: true }, 'once is enough');
    assert.equal(server.gateway.hub.find('demo')?.state, 'live');

    const watching = probeLive(t, `${server.rtmp}/demo`, ['-read_intervals', '%+2']);
    const packets = await watching.packets();
    const pictures = packets.filter(({ kind }) => kind === 'video');
    assert.ok(pictures[0]?.key, 'the first picture can be decoded');
    assert.ok(pictures.length >= 40, `${pictures.length} pictures in 2 s`);
    assert.ok(packets.some(({ kind }) => kind === 'audio'));

    assert.equal(
      server.gateway.registry.list(({ details }) => details.kind === 'publish').length,
      1,
    );
    const { position: earlier } = await place(server.http);
    const { position: later } = await place(server.http);
    assert.ok(later > 1000 && later >= earlier, `${earlier} ms, then ${later} ms`);
    assert.deepEqual(await call('/stop'), { name: 'demo', running: false });
    await server.streamIs('demo', 'gone');
    assert.deepEqual(await call('/start'), { name: 'demo', running: true }, 'and again');
  });

  test('it is a publisher like any other: refused by who may refuse, and droppable', async (t) => {
    const server = await startTestGateway(t, { max_stream: 1 });
    await fetch(`${server.http}/control/demo/start`, { method: 'POST' });
    const dropped = await fetch(`${server.http}/control/drop/publisher?name=demo`);
    assert.equal(await dropped.text(), '1');
    await server.streamIs('demo', 'gone');
  });
});

/** Where in the programme the channel says it is, ms. */
async function place(http: string): Promise<{ position: number }> {
  const headers = { accept: 'application/json' };
  const response = await fetch(`${http}/control/demo`, { headers });
  return (await response.json()) as { position: number };
}
