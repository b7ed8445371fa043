import assert from 'node:assert/strict';
import Fastify from 'fastify';
import { describe, it } from 'node:test';
import { Hub } from '../../../../gateway/live/hub.ts';
import { timingRoutes } from '../../../../gateway/servers/http/timing.ts';
import { ViewerReports } from '../../../../gateway/servers/http/viewer-reports.ts';
import { liveSettings } from '../../../helpers/live-settings.ts';

interface Answer {
  now: number;
  live: boolean;
  mark: { pts: number; at: number } | null;
}

function make() {
  const app = Fastify();
  const hub = new Hub(
    () => liveSettings,
    () => 0,
  );
  const reports = new ViewerReports(() => 0);
  timingRoutes(app, { hub, reports });
  return { app, hub, reports };
}

describe('/live/NAME/timing', () => {
  it('answers with the clock for a stream that nobody publishes', async () => {
    const { app } = make();
    const before = performance.timeOrigin + performance.now();
    const answer = await app.inject('/live/nobody/timing');
    const { now, live, mark } = answer.json<Answer>();
    assert.ok(now >= before && now <= performance.timeOrigin + performance.now());
    assert.deepEqual([live, mark], [false, null]);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  it('tells when a stream’s media arrived', async () => {
    const { app, hub } = make();
    hub.publish('lesson', { replaced() {} });
    const body = new Uint8Array();
    hub.find('lesson')?.push({
      ...{ kind: 'audio', codec: 'aac', track: 0, role: 'key', payload: body, body },
      ...{ dts: 61_020_000, pts: 61_020_000 },
    });
    const { now, live, mark } = (await app.inject('/live/lesson/timing')).json<Answer>();
    assert.equal(live, true);
    assert.equal(mark?.pts, 61_020);
    assert.ok(now - (mark?.at ?? 0) >= 0 && now - (mark?.at ?? 0) < 10_000);
    hub.close();
  });

  it('takes reports, and answers to nonsense all the same', async () => {
    const { app, reports } = make();
    const post = (payload: object) =>
      app.inject({ method: 'POST', url: '/live/lesson/timing', payload });
    assert.equal(
      (await post({ transport: 'mse', delay_p50: 190, delay_p95: 210 })).statusCode,
      200,
    );
    assert.equal((await post({ transport: 'pigeon' })).statusCode, 200);
    assert.deepEqual(reports.summary(), [{ transport: 'mse', viewers: 1, p50: 190, p95: 210 }]);
  });

  it('refuses a report that is too long', async () => {
    const { app } = make();
    const payload = { transport: 'x'.repeat(10_000) };
    const answer = await app.inject({ method: 'POST', url: '/live/lesson/timing', payload });
    assert.equal(answer.statusCode, 413);
  });

  it('lets pages of other origins ask', async () => {
    const { app } = make();
    const answer = await app.inject({ method: 'OPTIONS', url: '/live/lesson/timing' });
    assert.equal(answer.statusCode, 204);
    assert.match(String(answer.headers['access-control-allow-methods']), /POST/);
  });
});
