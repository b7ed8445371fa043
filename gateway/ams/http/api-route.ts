import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { encodeFormValue } from '../../config/values.ts';
import { queryArguments } from '../../servers/http/request.ts';
import type { Guard } from '../access/guard.ts';
import type { Log } from '../log.ts';
import { ApiError } from './api-error.ts';
import { formParser, jsonParser, type Body } from './body.ts';

/** What a call is answered with, for callers that read text and for those that read JSON. */
export interface ApiAnswer {
  readonly text: string;
  readonly json: object;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call that is answered with a file, whatever its caller reads. */
export interface ApiFile {
  /** Its media type. */
  readonly type: string;
  readonly bytes: Buffer;
}

export interface ApiCall {
  /** The query's parameters, in their order. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** The body's parameters, form or JSON. */
  readonly body: Body;
  /** The headers, for those who need more (a resumed upload). */
  readonly request: FastifyRequest;
}

/** One address of the API. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** How a failure reads in text: `result=FAILED&error=…` or the bare sentence. */
  readonly failure: 'result' | 'sentence';
  readonly handle: (call: ApiCall) => ApiAnswer | Promise<ApiAnswer | ApiFile>;
}

export interface ApiOptions {
  readonly guard: Guard;
  readonly log: Log;
}

/** Bodies are short lists of settings; nothing longer is read. */
const maxBodyBytes = 262_144;

/**
 * Adds guarded addresses: who may not call gets 403, another method than the one 405 with `Allow`,
 * both before a body is read. `Accept: application/json` is answered in JSON, errors too.
 */
export async function addApiRoutes(
  app: FastifyInstance,
  { guard, log }: ApiOptions,
  routes: readonly ApiRoute[],
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    const limits = { parseAs: 'string', bodyLimit: maxBodyBytes } as const;
    scope.addContentTypeParser('application/json', limits, jsonParser);
    scope.addContentTypeParser('application/x-www-form-urlencoded', limits, formParser);
    // Without a type: programs that post a form by hand.
    scope.addContentTypeParser('*', limits, formParser);

    for (const route of routes) {
      const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
        void answerFailure(route, apiError(error, request, log), request, reply);
      };
      scope.route({
        method: scope.supportedMethods,
        url: route.url,
        exposeHeadRoute: false,
        errorHandler: fail,
        onRequest: async (request, reply) => {
          const { remoteAddress = '' } = request.socket;
          const refusal = guard({ peer: remoteAddress, headers: request.headers });
          if (refusal !== undefined) throw new ApiError('forbidden', refusal);
          if (request.method === route.method) return;
          void reply.header('allow', route.method);
          throw new ApiError('bad_method', `This address takes ${route.method} only.`);
        },
        handler: async (request, reply) => {
          const query = queryArguments(request.url);
          const body = (request.body ?? []) as Body;
          const answer = await route.handle({ query, body, request });
          if ('bytes' in answer) {
            void reply.headers({
              'cache-control': 'private, max-age=300',
              'x-content-type-options': 'nosniff',
            });
            return reply.type(answer.type).send(answer.bytes);
          }
          if (answer.headers) void reply.headers(answer.headers);
          return send(reply, request, answer);
        },
      });
    }
  });
}

/** Whether the caller asks for JSON by name: that any type is accepted does not count. */
export function wantsJson({ headers }: FastifyRequest): boolean {
  return (headers.accept ?? '').split(',').some((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    return type === 'application/json' && !parameters.some((part) => /^q=0(\.0*)?$/.test(part));
  });
}

/** Sends text or JSON that nobody may keep. */
export function send(
  reply: FastifyReply,
  request: FastifyRequest,
  { text, json }: Pick<ApiAnswer, 'text' | 'json'>,
): FastifyReply {
  void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  return wantsJson(request)
    ? reply.type('application/json; charset=utf-8').send(JSON.stringify(json))
    : reply.type('text/plain; charset=utf-8').send(text);
}

function answerFailure(
  route: ApiRoute,
  error: ApiError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const bare = route.failure === 'sentence' || error.code === 'forbidden';
  const text = bare ? error.message : `result=FAILED&error=${encodeFormValue(error.message)}`;
  const json = { result: 'FAILED', code: error.code, error: error.message };
  return send(reply.code(error.status), request, { text, json });
}

/** Any error as one that may be told: those that are nobody's business are logged. */
function apiError(error: unknown, request: FastifyRequest, log: Log): ApiError {
  if (error instanceof ApiError) return error;
  const code = (error as { code?: unknown }).code;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ApiError('too_large', `The body is longer than ${maxBodyBytes} bytes.`);
  }
  if (typeof code === 'string' && code.startsWith('FST_ERR_CTP_')) {
    return new ApiError('bad_parameter', 'The body could not be read.');
  }
  log.error({ err: error }, `${request.method} ${request.url} failed`);
  return new ApiError('failed', 'The server could not do this; its log says why.');
}
