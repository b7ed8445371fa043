import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RtmpClientError } from '../../gateway/relay/rtmp-client-error.ts';
import { startAmsGateway } from '../helpers/ams-gateway.ts';
import { until } from '../helpers/until.ts';

const refusedWith = (status: string, says: RegExp) => (error: unknown) =>
  error instanceof RtmpClientError && error.status === status && says.test(error.message);

suite('limits', () => {
  test('max_stream: one more is refused with a sentence, and let in when there is room', async (t) => {
    const ams = await startAmsGateway(t, { settings: { max_stream: 2 } });
    const first = await ams.publish('a');
    await ams.publish('b');
    await assert.rejects(
      ams.publish('c'),
      refusedWith('NetStream.Publish.BadName', /limit of 2 streams/),
    );
    await first.close();
    await until(() => ams.gateway.registry.list().length === 1);
    await ams.publish('c');
    assert.match((await ams.get('/stat/sys')).text, /max_stream="2"/);
  });

  test('max_client: for every protocol together', async (t) => {
    const ams = await startAmsGateway(t, { settings: { max_client: 1 } });
    await ams.publish('a');
    const player = await ams.play('a');
    await assert.rejects(ams.play('a'), refusedWith('NetStream.Play.Failed', /limit of 1 clients/));
    const response = await fetch(`${ams.http}/live/a.flv`);
    assert.equal(response.status, 503);
    assert.match(await response.text(), /limit of 1 clients/);
    assert.match((await ams.get('/stat/sys')).text, /max_client="1"/);
    await player.close();
  });

  test('a reload raises them at once, and throws nobody out when it lowers them', async (t) => {
    const ams = await startAmsGateway(t, { settings: { max_client: 2 } });
    await ams.publish('a');
    await ams.play('a');
    await ams.play('a');
    await assert.rejects(ams.play('a'));
    await ams.configure({ max_client: 1 });
    assert.equal(ams.gateway.registry.list().length, 3);
    await ams.configure({ max_client: 3 });
    await ams.play('a');
  });
});
