import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../ops/log.ts';
import type { Argument } from '../../sessions/session.ts';
import { refuseStreamName } from '../../sessions/stream-name.ts';
import { clientAddress, pathOf, queryArguments } from '../http/request.ts';
import { WebRtcProblem } from './problem.ts';
import type { WebRtcServer } from './webrtc-server.ts';

/** The largest session description or fragment that is read, bytes. */
const BODY_LIMIT = 64 * 1024;

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

const cors = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Location, ETag, Link, Accept-Patch, Retry-After',
};

const preflight = {
  ...cors,
  'access-control-allow-headers': 'Authorization, Content-Type, If-Match',
  'access-control-max-age': '86400',
};

/** A server that is full may have room again after this, s. */
const RETRY_AFTER_S = 10;

interface Parameters {
  readonly name: string;
  readonly id?: string;
}

/** The query's arguments; a bearer token (RFC 6750) becomes the argument `token` unless it is there. */
const argumentsOf = (request: FastifyRequest): Argument[] => {
  const args = queryArguments(request.url);
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer === undefined || args.some(([name]) => name === 'token')) return args;
  return [...args, ['token', bearer]];
};

const textOf = (request: FastifyRequest, type: string): string => {
  const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (given !== type || typeof request.body !== 'string') {
    throw new WebRtcProblem(
      'media_type',
      `The body is ${given ?? 'of no type'}; expected ${type}.`,
    );
  }
  return request.body;
};

const nameOf = (request: FastifyRequest): string => {
  const { name } = request.params as Parameters;
  const problem = refuseStreamName(name);
  if (problem !== undefined) throw new WebRtcProblem('bad_name', problem);
  return name;
};

/** Aborted when the client leaves before it is answered. */
const departureOf = (reply: FastifyReply): AbortSignal => {
  const departure = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) departure.abort();
  });
  return departure.signal;
};

export interface WebRtcRoutesOptions {
  readonly server: WebRtcServer;
  readonly log: Log;
  readonly trustsProxy: (address: string) => boolean;
}

/**
 * WHEP (draft-ietf-wish-whep) at `/live/NAME/whep` and WHIP (RFC 9725) at `/live/NAME/whip`, as a
 * fastify plugin: 201 with an answer, and a resource below it for DELETE and PATCH.
 */
export const webRtcRoutes = async (
  app: FastifyInstance,
  { server, log, trustsProxy }: WebRtcRoutesOptions,
): Promise<void> => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    [SDP, FRAGMENT],
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    (_request, body, done) => done(null, body),
  );
  // Whatever else is sent is told so by us, with a sentence.
  app.addContentTypeParser('*', { bodyLimit: BODY_LIMIT }, (_request, payload, done) => {
    payload.resume();
    payload.on('end', () => done(null, undefined));
  });

  app.setErrorHandler((thrown: Error & { statusCode?: number }, _request, reply) => {
    const error =
      thrown.statusCode === 413
        ? new WebRtcProblem('too_large', `The body has more than ${BODY_LIMIT} bytes.`)
        : thrown;
    const isKnown = error instanceof WebRtcProblem;
    const status = isKnown ? error.status : (thrown.statusCode ?? 500);
    const code = isKnown ? error.code : 'failed';
    const detail = status < 500 || isKnown ? error.message : 'The server could not do this.';
    if (status >= 500 && !isKnown) log.error({ err: thrown }, 'a WebRTC request failed');
    if (status === 503) void reply.header('retry-after', RETRY_AFTER_S);
    return reply
      .code(status)
      .headers(cors)
      .type('application/problem+json')
      .send({ type: 'about:blank', status, code, detail });
  });

  const register = (kind: 'whep' | 'whip'): void => {
    const endpoint = `/live/:name/${kind}`;
    const resource = `${endpoint}/:id`;

    app.post(endpoint, async (request, reply) => {
      const name = nameOf(request);
      const offer = textOf(request, SDP);
      const details = {
        name,
        addr: clientAddress(request.raw, trustsProxy),
        args: argumentsOf(request),
        uri: pathOf(request.url),
        departure: departureOf(reply),
      };
      const answered =
        kind === 'whep' ? await server.play(offer, details) : await server.publish(offer, details);
      return reply
        .code(201)
        .headers({ ...cors, etag: answered.tag, 'accept-patch': FRAGMENT })
        .header('location', `${pathOf(request.url).replace(/\/$/, '')}/${answered.id}`)
        .type(SDP)
        .send(answered.sdp);
    });

    app.delete(resource, async (request, reply) => {
      server.connections.remove(kind, (request.params as Parameters).id ?? '', nameOf(request));
      return reply.code(200).headers(cors).send();
    });

    app.patch(resource, async (request, reply) => {
      const id = (request.params as Parameters).id ?? '';
      const fragment = textOf(request, FRAGMENT);
      const tag = request.headers['if-match'];
      const name = nameOf(request);
      const restarted = await server.connections.patch(kind, id, name, fragment, tag);
      if (restarted === undefined) return reply.code(204).headers(cors).send();
      const headers = { ...cors, etag: restarted.tag };
      return reply.code(200).headers(headers).type(FRAGMENT).send(restarted.fragment);
    });

    // RFC 9725, 4.2 and 4.3: all other methods are answered with 405.
    const close = (url: string, allowed: readonly string[], accepts: object): void => {
      const allow = [...allowed, 'OPTIONS'].join(', ');
      const headers = { ...preflight, ...accepts, allow, 'access-control-allow-methods': allow };
      app.options(url, async (_request, reply) => reply.code(204).headers(headers).send());
      app.route({
        method: METHODS.filter((method) => !allowed.includes(method)),
        url,
        handler: async (request, reply) => {
          void reply.header('allow', allow);
          throw new WebRtcProblem(
            'bad_method',
            `${request.method} is not taken here; ${allow} are.`,
          );
        },
      });
    };
    close(endpoint, ['POST'], { 'accept-post': SDP });
    close(resource, ['PATCH', 'DELETE'], { 'accept-patch': FRAGMENT });
  };
  register('whep');
  register('whip');
};
