import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:https';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { makeTestCertificate } from '../../gateway/ops/test-certificate.ts';
import { freePort } from '../helpers/free-port.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const insecure = { rejectUnauthorized: false };

async function status(url: string): Promise<number> {
  const [response] = (await once(get(url, insecure), 'response')) as [
    { statusCode: number; resume(): void },
  ];
  response.resume();
  return response.statusCode;
}

suite('HTTPS', () => {
  test('serves the same as HTTP, WebSockets too, and takes another certificate without a restart', async (t) => {
    const folder = await tempDir(t);
    const { cert, key } = await makeTestCertificate(folder);
    const port = await freePort();
    const server = await startTestGateway(t, { https_port: port, tls_cert: cert, tls_key: key });
    assert.equal(server.gateway.ports.https, port);
    assert.equal(await status(`https://127.0.0.1:${port}/healthz`), 200);

    const sample = await makeSample(t, folder, { seconds: 2 });
    publishFile(t, sample, `${server.rtmp}/lesson`, { pace: 1 });
    const socket = new WebSocket(`wss://127.0.0.1:${port}/live/lesson.flv`, insecure);
    const [first] = (await once(socket, 'message')) as [Buffer];
    assert.equal(first.toString('latin1', 0, 3), 'FLV');
    socket.terminate();

    const fingerprint = async (): Promise<string> => {
      const peer = connectTls({ port, host: '127.0.0.1', ...insecure });
      await once(peer, 'secureConnect');
      peer.end();
      return peer.getPeerCertificate().fingerprint256;
    };
    const before = await fingerprint();
    const renewed = await makeTestCertificate(join(folder, 'renewed'));
    await server.gateway.reload({ ...server.config, tls_cert: renewed.cert, tls_key: renewed.key });
    assert.notEqual(await fingerprint(), before);
  });

  test('a certificate that cannot be used is an error that names it, and HTTP goes on', async (t) => {
    const server = await startTestGateway(t);
    const port = await freePort();
    const missing = { tls_cert: '/nowhere/cert.pem', tls_key: '/nowhere/key.pem' };
    await assert.rejects(
      server.gateway.reload({ ...server.config, https_port: port, ...missing }),
      /tls_cert \/nowhere\/cert\.pem.*cannot be used/,
    );
    assert.equal((await fetch(`${server.http}/healthz`)).status, 200);
    assert.equal(server.gateway.ports.https, 0);
  });
});
