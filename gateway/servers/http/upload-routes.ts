import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { Argument } from '../../sessions/session.ts';
import { queryArguments } from './request.ts';
import { readContentRange } from './upload-range.ts';

/** Where uploads go. */
export interface UploadTarget {
  /** Bytes received of a file that is not complete. */
  received(name: string): Promise<number>;
  write(
    part: {
      readonly name: string;
      readonly start: number;
      readonly total: number | undefined;
      readonly length: number | undefined;
      readonly args: readonly Argument[];
    },
    body: AsyncIterable<Buffer>,
  ): Promise<{ readonly received: number; readonly done: boolean }>;
}

export interface UploadRoutesOptions {
  readonly target: UploadTarget;
  /** Says why a request may not be made; undefined: it may. */
  readonly guard: (request: {
    readonly peer: string;
    readonly headers: IncomingHttpHeaders;
  }) => string | undefined;
}

/** A sender that is silent for so long has gone, ms. */
const SILENCE_MS = 60_000;

/** HTTP statuses of what the target rejects with, by its stable code. */
const STATUSES: Readonly<Record<string, number>> = {
  bad_name: 400,
  exists: 409,
  busy: 409,
  mismatch: 409,
  too_large: 413,
  disk_full: 507,
  broken_off: 400,
};

interface NameRoute {
  Params: { name: string };
}

/**
 * Uploads:
 *
 *     PUT  /upload/NAME   one file as it is; with Content-Range in parts, one after the other
 *     HEAD /upload/NAME   how much of it has been received: Upload-Offset
 *     POST /upload        a form (multipart/form-data) of any number of files
 */
export async function uploadRoutes(
  app: FastifyInstance,
  { target, guard }: UploadRoutesOptions,
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(multipart);
    // Bodies are read where they are written to disk.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));

    scope.addHook('onRequest', async (request, reply) => {
      const { remoteAddress = '' } = request.socket;
      const refusal = guard({ peer: remoteAddress, headers: request.headers });
      if (refusal !== undefined) return answer(reply.header('connection', 'close'), 403, refusal);
      request.raw.socket.setTimeout(SILENCE_MS, () => request.raw.destroy());
      reply.raw.once('close', () => request.raw.socket?.setTimeout(0));
    });
    scope.setErrorHandler((error, _request, reply) => {
      const { code = '', statusCode = 500 } = error as { code?: string; statusCode?: number };
      const known = STATUSES[code];
      const { received } = error as { received?: unknown };
      if (typeof received === 'number') void reply.header('upload-offset', received);
      const message = error instanceof Error ? error.message : '';
      if (known !== undefined) return answer(reply.header('connection', 'close'), known, message);
      if (statusCode < 500) return answer(reply, statusCode, message);
      throw error;
    });

    scope.put<NameRoute>('/upload/:name', (request, reply) => put(request, reply));
    scope.head<NameRoute>('/upload/:name', async (request, reply) => {
      const received = await target.received(request.params.name);
      return reply.header('upload-offset', received).header('cache-control', 'no-store').send();
    });
    scope.post('/upload', (request, reply) => post(request, reply));
  });

  async function put(
    request: FastifyRequest<NameRoute>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { name } = request.params;
    const range = readContentRange(headerText(request, 'content-range'));
    if (range === 'ask') return incomplete(reply, await target.received(name));
    if (range && 'problem' in range) return answer(reply, 400, range.problem);
    const length = Number(headerText(request, 'content-length') ?? NaN);
    const result = await target.write(
      {
        name,
        start: range?.start ?? 0,
        // A file that is sent whole, but with its length, can be gone on with, too.
        total: range?.total ?? (Number.isNaN(length) ? undefined : length),
        length: Number.isNaN(length) ? undefined : length,
        args: queryArguments(request.url),
      },
      request.raw,
    );
    return result.done ? answer(reply, 201, undefined) : incomplete(reply, result.received);
  }

  async function post(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (!request.isMultipart()) {
      return answer(reply, 415, 'The body must be a form of files (multipart/form-data).');
    }
    const args = queryArguments(request.url);
    let files = 0;
    for await (const part of request.parts({ limits: { fileSize: Infinity, fields: 64 } })) {
      if (part.type === 'field') {
        args.push([part.fieldname, String(part.value)]);
        continue;
      }
      const whole = { start: 0, total: undefined, length: undefined };
      // Some browsers send a path.
      const name = part.filename.replace(/^.*[/\\]/, '');
      await target.write({ name, ...whole, args: [...args] }, part.file);
      files++;
    }
    if (files === 0) return answer(reply, 400, 'There is no file in the form.');
    return answer(reply, 201, undefined);
  }
}

/** How much is here, for a sender that goes on: as in resumable uploads elsewhere. */
function incomplete(reply: FastifyReply, received: number): FastifyReply {
  if (received > 0) void reply.header('range', `bytes=0-${received - 1}`);
  return reply.code(308).headers({ 'upload-offset': received, 'cache-control': 'no-store' }).send();
}

/** As `/cfg` answers: `result=OK`, or `result=FAILED` and why; JSON for those who ask for it. */
function answer(reply: FastifyReply, status: number, error: string | undefined): FastifyReply {
  const json = reply.request.headers.accept?.includes('application/json') ?? false;
  void reply.code(status).header('cache-control', 'no-store');
  const result = error === undefined ? { result: 'OK' } : { result: 'FAILED', error };
  if (json) return reply.send(result);
  const text =
    error === undefined ? 'result=OK' : `result=FAILED&error=${encodeURIComponent(error)}`;
  return reply.type('text/plain; charset=utf-8').send(text);
}

function headerText({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
