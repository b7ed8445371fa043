import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Format, Hub } from '../../live/hub.ts';
import { Viewer } from '../../live/viewer.ts';
import type { Refusal } from '../../sessions/admission.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { EndReason, Session, SessionDetails } from '../../sessions/session.ts';
import { refuseStreamName } from '../../sessions/stream-name.ts';
import { CORS } from '../http/cors.ts';
import type { HttpServer } from '../http/http-server.ts';
import { clientAddress, pathOf, queryArguments } from '../http/request.ts';
import { refusalStatus } from '../http/refusal-status.ts';
import { SocketSink } from '../socket-sink.ts';
import { chunkedEnvelope, createFlvMuxer, lastChunk, webSocketEnvelope } from './flv-muxer.ts';

/** Where so many bytes wait for a client, its pings are not answered. */
const MAX_UNREAD = 1_048_576;

const PATH = /^\/live\/([^/]+)\.flv$/;

const plainFlv: Format = { key: 'flv', create: () => createFlvMuxer() };
const chunkedFlv: Format = { key: 'flv+chunked', create: () => createFlvMuxer(chunkedEnvelope) };
const webSocketFlv: Format = { key: 'flv+ws', create: () => createFlvMuxer(webSocketEnvelope) };

export interface FlvServerOptions {
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  readonly trustsProxy: (address: string) => boolean;
}

/** HTTP-FLV and WebSocket-FLV at `/live/NAME.flv`: what RTMP players get, for who speaks HTTP. */
export function serveFlv(http: HttpServer, options: FlvServerOptions): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 4096,
    autoPong: false,
  });

  http.app.route({
    method: ['GET', 'HEAD'],
    url: '/live/:file',
    handler: (request, reply) => serveHttp(request, reply, options),
  });
  http.app.options('/live/:file', (_, reply) =>
    reply
      .headers({ ...CORS, 'access-control-max-age': '86400' })
      .code(204)
      .send(),
  );

  http.onUpgrade((request, socket, head) => {
    if (!PATH.test(pathOf(request.url ?? ''))) return false;
    void serveWebSocket(webSockets, request, socket, head, options);
    return true;
  });
}

async function serveHttp(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FlvServerOptions,
): Promise<FastifyReply> {
  reply.headers(CORS);
  const name = nameOf(request.raw);
  if (name === undefined) {
    return reply.code(404).send('There is nothing here: a stream is at /live/NAME.flv.\n');
  }
  const problem = refuseStreamName(name);
  if (problem) return reply.code(400).send(`${problem}\n`);
  if (request.method === 'HEAD')
    return reply.type('video/x-flv').header('cache-control', 'no-store').send();

  const socket = request.raw.socket;
  const chunked = request.raw.httpVersionMinor >= 1;
  const session = await admit(request.raw, name, 'flv', options, () => endHttp(socket, chunked));
  if ('refusal' in session) {
    return reply.code(refusalStatus(session.refusal)).send(`${session.refusal.message}\n`);
  }
  reply.hijack();
  socket.setTimeout(0);
  socket.write(responseHead(chunked));
  watch(session, socket, chunked ? chunkedFlv : plainFlv, options.hub);
  return reply;
}

async function serveWebSocket(
  webSockets: WebSocketServer,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  options: FlvServerOptions,
): Promise<void> {
  const name = nameOf(request) ?? '';
  const problem = refuseStreamName(name);
  const release = (reason: EndReason): void => closeWebSocket?.(reason);
  let closeWebSocket: ((reason: EndReason) => void) | undefined;
  const answer: Session | { refusal: Refusal } = problem
    ? { refusal: { code: 'bad_name', message: problem } }
    : await admit(request, name, 'ws-flv', options, release);

  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('error', () => webSocket.terminate());
    // A client that pings and never reads is not answered without bound.
    webSocket.on('ping', (data: Buffer) => {
      if (socket.writableLength < MAX_UNREAD) webSocket.pong(data);
    });
    if ('refusal' in answer) {
      // A page cannot read the status of a refused handshake, but it can read a close code.
      webSocket.close(4000 + refusalStatus(answer.refusal), closeText(answer.refusal.message));
      return;
    }
    closeWebSocket = ({ code, message }) => {
      webSocket.close(closeCode(code), closeText(message));
      // Whoever does not answer the close is not waited for.
      setTimeout(() => webSocket.terminate(), 2000).unref();
    };
    // Media goes to the socket itself, in frames that all viewers share; `webSocket` keeps the
    // protocol: it answers pings and closes between them.
    watch(answer, socket, webSocketFlv, options.hub);
  });
}

/** Asks admission; the client that leaves meanwhile ends its session. */
async function admit(
  request: IncomingMessage,
  name: string,
  protocol: SessionDetails['protocol'],
  { registry, trustsProxy }: FlvServerOptions,
  release: (reason: EndReason) => void,
): Promise<Session | { refusal: Refusal }> {
  const url = request.url ?? '';
  let opened: Session | undefined;
  const left = (): void =>
    opened?.end({ code: 'client_left', message: 'The client closed the connection.' });
  const details: SessionDetails = {
    kind: 'play',
    protocol,
    app: 'live',
    name,
    clientId: registry.nextClientId(),
    addr: clientAddress(request, trustsProxy),
    args: queryArguments(url),
    uri: pathOf(url),
  };
  request.socket.once('close', left);
  const { session, decision } = await registry.open(details, release, (asking) => {
    opened = asking;
  });
  if (decision.admitted) return session;
  // The connection may go on to ask for thousands of streams.
  request.socket.off('close', left);
  return { refusal: decision.refusal };
}

/** Sends the stream until the client, the stream or somebody else ends it. */
function watch(session: Session, socket: Socket, format: Format, hub: Hub): void {
  socket.on('end', () =>
    session.end({ code: 'client_left', message: 'The client closed the connection.' }),
  );
  const viewer = new Viewer(new SocketSink(socket), session, (state) => {
    if (state === 'ended') session.end({ code: 'stream_ended', message: 'The publisher left.' });
  });
  const leave = hub.watch(session.details.name, format, viewer);
  session.onEnd(leave);
}

function nameOf(request: IncomingMessage): string | undefined {
  const match = PATH.exec(pathOf(request.url ?? ''));
  try {
    return match ? decodeURIComponent(match[1]!) : undefined;
  } catch {
    return match?.[1];
  }
}

function responseHead(chunked: boolean): string {
  return [
    `HTTP/1.1 200 OK`,
    'Content-Type: video/x-flv',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    ...Object.entries(CORS).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    ...(chunked ? ['Transfer-Encoding: chunked'] : []),
    '\r\n',
  ].join('\r\n');
}

function endHttp(socket: Socket, chunked: boolean): void {
  // What is queued for a viewer who takes nothing is not waited for.
  setTimeout(() => socket.destroy(), 2000).unref();
  socket.end(chunked ? lastChunk : '');
}

/** WebSocket close codes (RFC 6455, 7.4.1): 1000 done, 1001 going away, 1008 policy, 1013 later. */
function closeCode(code: EndReason['code']): number {
  switch (code) {
    case 'stream_ended':
    case 'client_left':
      return 1000;
    case 'shutdown':
      return 1001;
    case 'dropped':
    case 'refused':
      return 1008;
    default:
      return 1013;
  }
}

/** A close frame has room for 123 bytes of text. */
function closeText(message: string): string {
  return Buffer.from(message).subarray(0, 120).toString().replace(/�$/, '');
}
