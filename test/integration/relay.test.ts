import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { makeSample, publishFile, type SampleOptions } from '../helpers/ffmpeg.ts';
import { probeLive, probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { assertSamePackets, type Expectation } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const kinds: [name: string, sample: SampleOptions, from: Expectation['from']][] = [
  ['H.264 and AAC', {}, 'first key frame'],
  ['H.264 with B-frames and MP3', { video: 'bframes', audio: 'mp3' }, 'first key frame'],
  ['video alone', { audio: 'none' }, 'first key frame'],
  // Sound waits a second for its picture; viewers then begin with the newest of it.
  ['audio alone', { video: 'none' }, 'any key frame'],
];

/** Receives a WebSocket-FLV stream into a file; resolves when the server closes it. */
async function saveWebSocket(url: string, file: string): Promise<number> {
  const socket = new WebSocket(url);
  const target = createWriteStream(file);
  socket.on('message', (data: Buffer) => target.write(data));
  const [code] = (await once(socket, 'close')) as [number];
  target.end();
  await once(target, 'close');
  return code;
}

for (const [name, options, from] of kinds) {
  void test(`${name}: every packet arrives over RTMP, HTTP-FLV and WebSocket-FLV`, async (t) => {
    const server = await startTestGateway(t);
    const dir = await tempDir(t);
    const sample = await makeSample(t, dir, options);
    const sent = await probePackets(t, sample);

    const rtmp = probeLive(t, `${server.rtmp}/lesson`);
    const flv = probeLive(t, `${server.http}/live/lesson.flv`);
    const saved = join(dir, 'websocket.flv');
    const webSocket = saveWebSocket(`${server.http.replace('http', 'ws')}/live/lesson.flv`, saved);
    await server.players(3, 'lesson');

    await publishFile(t, sample, `${server.rtmp}/lesson`).success();
    assertSamePackets(await rtmp.packets(), sent, { from });
    assertSamePackets(await flv.packets(), sent, { from });
    assert.equal(await webSocket, 1000, 'the WebSocket ends as RFC 6455 has it');
    assertSamePackets(await probePackets(t, saved), sent, { from });
    await server.streamIs('lesson', 'gone');
    assert.deepEqual(server.gateway.registry.list(), []);
  });
}
