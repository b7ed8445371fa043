/** So many viewers of one stream that a second thread writes too: each still gets every byte. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { buildLoadTool, LoadProcess, streamPlan } from '../bench/load-tool.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { openScope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const skip = spawnSync('cc', ['--version']).status === 0 ? false : 'there is no C compiler (cc)';
const VIEWERS = 300;

suite('many viewers', { skip }, () => {
  const scope = openScope();
  let program = '';
  before(async () => {
    program = await buildLoadTool(scope, await tempDir(scope));
  });
  after(() => scope.close());

  for (const job of ['rtmp', 'flv', 'ws'] as const) {
    void test(`${job}: everybody receives every frame, once, whole and in order`, async (t) => {
      const server = await startTestGateway(t);
      const { rtmp, http } = server.gateway.ports;
      const common = { streams: 1, plan: streamPlan(200), prefix: [] };
      const publisher = new LoadProcess(t, program, 'publish', {
        ...common,
        port: rtmp,
        connections: 1,
      });
      await publisher.ready(10_000);
      const players = new LoadProcess(t, program, job, {
        ...common,
        port: job === 'rtmp' ? rtmp : http,
        connections: VIEWERS,
      });
      await players.ready(20_000);
      await players.mark();
      await delay(1000);
      const { sent } = await publisher.stop();
      const finished = await players.finish(sent);
      assert.equal(finished.complete, VIEWERS, JSON.stringify(finished));
      assert.ok(finished.framesGot > VIEWERS * 60, `${finished.framesGot} frames`);
      await players.quit();
      await publisher.quit();
    });
  }
});
