import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';

const skip = spawnSync('curl', ['--version']).error === undefined ? false : 'curl is not installed';
const fixtures = new URL('../unit/protocols/sdp/fixtures/', import.meta.url).pathname;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What curl prints with `-i`. */
const curl = async (...args: readonly string[]): Promise<Answer> => {
  const { stdout } = await promisify(execFile)('curl', ['-s', '-i', '--max-time', '10', ...args]);
  const [head = '', ...rest] = stdout.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const status = Number(first.split(' ')[1]);
  return { status, headers: Object.fromEntries(headers), body: rest.join('\r\n\r\n') };
};

const offer = (name: string, type = 'application/sdp'): string[] => [
  ...['-H', `Content-Type: ${type}`, '-H', 'Authorization: Bearer secret'],
  ...['--data-binary', `@${fixtures}${name}.sdp`],
];
const fragment = (body: string): string[] => [
  ...['-X', 'PATCH', '-H', 'Content-Type: application/trickle-ice-sdpfrag'],
  ...['--data-binary', body],
];

/** A problem as an integrator reads it: a code, and a sentence. */
const problem = ({ headers, body }: Answer): string => {
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json/);
  const { code, detail } = JSON.parse(body) as { code: string; detail: string };
  assert.match(detail, /^[A-Z].*\.$/s);
  return code;
};

test(
  'curl holds both conversations, WHIP with the offer of OBS, WHEP with that of Chrome',
  { skip },
  async (t) => {
    const gateway = await startTestGateway(t);
    const publisher = await publishNumbered(t, `${gateway.rtmp}/lesson`, { audio: false });
    publisher.send(3);
    await gateway.ready('lesson');

    for (const [path, name] of [
      ['/live/camera/whip', 'obs-31-sendonly'],
      ['/live/lesson/whep', 'chrome-156-recvonly'],
    ] as const) {
      const url = `${gateway.http}${path}`;
      const created = await curl(...offer(name), url);
      assert.equal(created.status, 201);
      assert.match(created.headers['content-type'] ?? '', /^application\/sdp/);
      assert.match(created.headers['location'] ?? '', new RegExp(`^${path}/[\\w-]{22}$`));
      const tag = created.headers['etag'] ?? '';
      assert.match(tag, /^"[^"]+"$/);
      assert.match(created.body, /^v=0\r\n/);
      assert.match(created.body, /a=ice-lite\r\n/);
      assert.match(created.body, /a=candidate:\S+ 1 udp \d+ \S+ \d+ typ host/);
      const resource = new URL(created.headers['location'] ?? '', url).href;

      const candidate = 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n';
      assert.equal((await curl(...fragment(candidate), resource)).status, 204);
      const credentials = `a=ice-ufrag:fresh\r\na=ice-pwd:${'p'.repeat(24)}\r\n`;
      const restarted = await curl(...fragment(credentials), '-H', `If-Match: ${tag}`, resource);
      assert.equal(restarted.status, 200);
      assert.match(restarted.body, /a=ice-ufrag:/);
      assert.notEqual(restarted.headers['etag'], tag);
      const stale = await curl(...fragment(credentials), '-H', `If-Match: ${tag}`, resource);
      assert.deepEqual([stale.status, problem(stale)], [412, 'stale_tag']);

      assert.equal((await curl('-X', 'DELETE', resource)).status, 200);
      const again = await curl('-X', 'DELETE', resource);
      assert.deepEqual([again.status, problem(again)], [404, 'no_session']);

      const wrongType = await curl(...offer(name, 'text/plain'), url);
      assert.equal(wrongType.status, 415);
      problem(wrongType);
      const noSdp = await curl(
        '-H',
        'Content-Type: application/sdp',
        '--data-binary',
        'hello',
        url,
      );
      assert.deepEqual([noSdp.status, problem(noSdp)], [400, 'bad_sdp']);
      const preflight = await curl('-X', 'OPTIONS', url);
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers['access-control-allow-origin'], '*');
    }

    const nobody = await curl(...offer('chrome-156-recvonly'), `${gateway.http}/live/nobody/whep`);
    assert.deepEqual([nobody.status, problem(nobody)], [404, 'not_live']);
  },
);
