import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import type { Decision } from '../../gateway/sessions/admission.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import type { Scope } from '../helpers/scope.ts';
import { offerText } from '../helpers/sdp-fixtures.ts';
import { until } from '../helpers/until.ts';

const OFFER = offerText('chrome-156-recvonly');
const SDP = { 'content-type': 'application/sdp' };
const FRAGMENT = { 'content-type': 'application/trickle-ice-sdpfrag' };

const setUp = async (
  scope: Scope,
  settings: Parameters<typeof startTestGateway>[1] = {},
): Promise<{ gateway: TestGateway; endpoint: string }> => {
  const gateway = await startTestGateway(scope, settings);
  const publisher = await publishNumbered(scope, `${gateway.rtmp}/lesson`, { audio: false });
  publisher.send(3);
  await gateway.ready('lesson');
  return { gateway, endpoint: `${gateway.http}/live/lesson/whep` };
};

const watch = (endpoint: string, body = OFFER): Promise<Response> =>
  fetch(endpoint, { method: 'POST', headers: SDP, body });

const problemOf = async (response: Response): Promise<{ status: number; code: string }> => {
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  assert.match(detail, /^[A-Z].*\.$/);
  return { status: response.status, code };
};

const players = (gateway: TestGateway): number =>
  gateway.gateway.registry.list(({ details }) => details.kind === 'play').length;

test('201 names the session, its entity tag and how it is patched', async (t) => {
  const { endpoint } = await setUp(t);
  const created = await watch(`${endpoint}?user=u1`);
  assert.equal(created.status, 201);
  assert.match(created.headers.get('content-type') ?? '', /^application\/sdp/);
  assert.match(created.headers.get('location') ?? '', /^\/live\/lesson\/whep\/[\w-]{22}$/);
  assert.match(created.headers.get('etag') ?? '', /^"[^"]+"$/);
  assert.equal(created.headers.get('accept-patch'), 'application/trickle-ice-sdpfrag');
  const exposed = created.headers.get('access-control-expose-headers') ?? '';
  for (const name of ['Location', 'ETag', 'Link']) assert.ok(exposed.includes(name));
});

test('methods that a resource does not have are answered with 405', async (t) => {
  const { endpoint } = await setUp(t);
  const location = (await watch(endpoint)).headers.get('location') ?? '';
  for (const [url, allowed] of [
    [endpoint, ['POST']],
    [new URL(location, endpoint).href, ['PATCH', 'DELETE']],
  ] as const) {
    const allow = [...allowed, 'OPTIONS'].join(', ');
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if ((allowed as readonly string[]).includes(method)) continue;
      const response = await fetch(url, { method });
      assert.equal(response.status, 405, `${method} ${url}`);
      assert.equal(response.headers.get('allow'), allow);
    }
    const preflight = await fetch(url, { method: 'OPTIONS' });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-methods'), allow);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/);
  }
});

test('bodies of a wrong type, kind or size are told apart', async (t) => {
  const { gateway, endpoint } = await setUp(t);
  const post = (body: string, type: string): Promise<Response> =>
    fetch(endpoint, { method: 'POST', headers: { 'content-type': type }, body });
  const json = await problemOf(await post('{', 'application/json'));
  assert.deepEqual(json, { status: 415, code: 'media_type' });
  const nothing = await problemOf(await fetch(endpoint, { method: 'POST' }));
  assert.deepEqual(nothing, { status: 415, code: 'media_type' });
  const huge = await problemOf(await post('a=b\n'.repeat(20_000), 'application/sdp'));
  assert.deepEqual(huge, { status: 413, code: 'too_large' });
  const long = `${OFFER}${'a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n'.repeat(1000)}`;
  assert.equal((await watch(endpoint, long)).status, 201);
  const longer = `${OFFER}${'a=x\r\n'.repeat(3000)}`;
  assert.deepEqual(await problemOf(await watch(endpoint, longer)), {
    status: 400,
    code: 'bad_sdp',
  });
  const sections = `${OFFER}${'m=video 9 X 96\r\n'.repeat(100)}`;
  assert.equal((await problemOf(await watch(endpoint, sections))).status, 400);
  assert.equal(players(gateway), 1);
});

test('patches: candidates, a nonsense fragment, a wrong type, a session that is over', async (t) => {
  const { endpoint } = await setUp(t);
  const created = await watch(endpoint);
  const resource = new URL(created.headers.get('location') ?? '', endpoint).href;
  const patch = (body: string, headers: Record<string, string> = FRAGMENT): Promise<Response> =>
    fetch(resource, { method: 'PATCH', headers, body });
  const many = `m=video 9 X 0\r\na=mid:0\r\n${'a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n'.repeat(1000)}`;
  const tag = created.headers.get('etag') ?? '';
  assert.equal((await patch(many, { ...FRAGMENT, 'if-match': tag })).status, 204);
  assert.deepEqual(await problemOf(await patch('zzz')), { status: 400, code: 'bad_sdp' });
  assert.deepEqual(await problemOf(await patch('{}', SDP)), { status: 415, code: 'media_type' });
  assert.equal((await fetch(resource, { method: 'DELETE' })).status, 200);
  assert.deepEqual(await problemOf(await patch(many)), { status: 404, code: 'no_session' });
});

test('a full server says so, and when to ask again', async (t) => {
  const { endpoint } = await setUp(t, { max_client: 1 });
  assert.equal((await watch(endpoint)).status, 201);
  const full = await watch(endpoint);
  assert.ok(Number(full.headers.get('retry-after')) > 0);
  assert.deepEqual(await problemOf(full), { status: 503, code: 'full' });
});

/** Posts an offer and gives up as soon as `isAsked`. */
const askAndLeave = async (endpoint: string, isAsked: () => boolean): Promise<void> => {
  const leaving = request(endpoint, { method: 'POST', headers: SDP });
  leaving.on('error', () => {});
  leaving.end(OFFER);
  await until(isAsked);
  leaving.destroy();
};

test('a client that leaves while it waits for the publisher is no client any more', async (t) => {
  const gateway = await startTestGateway(t, { webrtc_wait: 600 });
  await askAndLeave(
    `${gateway.http}/live/nobody/whep`,
    () => gateway.gateway.hub.find('nobody') !== undefined,
  );
  await until(() => players(gateway) === 0);
  assert.equal(gateway.gateway.hub.find('nobody'), undefined);
});

test('a client that leaves while it is asked about is no client any more', async (t) => {
  const { gateway, endpoint } = await setUp(t);
  const { registry } = gateway.gateway;
  registry.addCheck(() => new Promise<Decision>(() => {}));
  await askAndLeave(endpoint, () => players(gateway) === 1);
  await until(() => players(gateway) === 0);
});
