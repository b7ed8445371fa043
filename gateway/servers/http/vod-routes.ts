import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Mp4Error } from '../../protocols/mp4/errors.ts';
import type { Refusal } from '../../sessions/admission.ts';
import { refuseFileName } from '../../sessions/stream-name.ts';
import { CORS } from './cors.ts';
import { clientAddress, pathOf, queryArguments } from './request.ts';
import { ClipCache, clipStatus, readClipTimes, type ClipTimes } from './vod-clip.ts';
import type { VodBytes, VodFile, VodFiles } from '../vod-files.ts';
import { isUnchanged, rangeApplies, readRange } from './vod-range.ts';
import type { VodViewer, VodViewers } from './vod-viewers.ts';
import { refusalStatus } from './refusal-status.ts';

export interface VodRoutesOptions {
  readonly files: VodFiles;
  readonly viewers: VodViewers;
  readonly trustsProxy: (address: string) => boolean;
}

const FILE_CORS = {
  ...CORS,
  'access-control-expose-headers': 'content-length, content-range, accept-ranges, etag',
} as const;

interface FileRoute {
  Params: { name: string };
}

/**
 * Files over HTTP: `GET /FILE.mp4`, with ranges, and `?start=20&end=40` for just that part, as an
 * MP4 file of its own.
 */
export function vodRoutes(app: FastifyInstance, options: VodRoutesOptions): void {
  const { files } = options;
  const clips = new ClipCache();

  app.route<FileRoute>({
    method: ['GET', 'HEAD'],
    url: '/:name',
    exposeHeadRoute: false,
    async handler(request, reply) {
      const { name } = request.params;
      if (!files.typeOf(name)) return reply.callNotFound();
      reply.headers(FILE_CORS);
      const problem = refuseFileName(name);
      if (problem) return sendSentence(reply, 400, problem);
      const times = readClipTimes(queryArguments(request.url));
      if (typeof times === 'string') return sendSentence(reply, 400, times);
      if (request.method === 'HEAD') return head(request, reply, times);
      return get(request, reply, times);
    },
  });
  app.options('/:name', (_, reply) =>
    reply
      .headers({ ...FILE_CORS, 'access-control-max-age': '86400' })
      .code(204)
      .send(),
  );

  /** Says what `GET` would; nobody plays yet. */
  async function head(
    request: FastifyRequest<FileRoute>,
    reply: FastifyReply,
    times: ClipTimes | undefined,
  ): Promise<FastifyReply> {
    const file = await files.open(request.params.name, undefined);
    if (!file) return missing(reply, request.params.name);
    try {
      const bytes = await bytesOf(file, times);
      describe(reply, request.params.name, file, times);
      return reply.header('content-length', bytes.size).send();
    } catch (error) {
      return sendProblem(reply, error);
    } finally {
      await file.close();
    }
  }

  async function get(
    request: FastifyRequest<FileRoute>,
    reply: FastifyReply,
    times: ClipTimes | undefined,
  ): Promise<FastifyReply> {
    const { name } = request.params;
    const found = await files.open(name, undefined);
    if (!found && !files.mayBeGranted('http')) return missing(reply, name);
    const viewer = await admit(request, reply);
    if ('refusal' in viewer) {
      await found?.close();
      return refuse(reply, viewer.refusal);
    }
    const granted = viewer.session.grant?.filename;
    if (granted !== undefined) await found?.close();
    const file = granted === undefined ? found : await files.open(name, granted);
    if (!file) {
      const message = `There is no file ${JSON.stringify(name)}.`;
      viewer.session.end({ code: 'failed', message });
      return missing(reply, name);
    }
    let bytes: VodBytes;
    try {
      bytes = await bytesOf(file, times);
    } catch (error) {
      await file.close();
      return sendProblem(reply, error);
    }
    const validators = describe(reply, name, file, times);
    if (isUnchanged(request.headers, validators)) {
      await file.close();
      return reply.code(304).send();
    }
    return send(request, reply, file, bytes, validators, viewer);
  }

  /** Sends the file or the range that is asked for; the file is closed when that is over. */
  function send(
    request: FastifyRequest,
    reply: FastifyReply,
    file: VodFile,
    bytes: VodBytes,
    validators: ReturnType<typeof describe>,
    viewer: VodViewer,
  ): FastifyReply {
    const { size } = bytes;
    const wanted = rangeApplies(headerText(request, 'if-range'), validators)
      ? readRange(headerText(request, 'range'), size)
      : 'all';
    if (wanted === 'unsatisfiable') {
      void file.close();
      reply.header('content-range', `bytes */${size}`);
      return sendSentence(reply, 416, `The file has ${size} bytes.`);
    }
    const { start, end } = wanted === 'all' ? { start: 0, end: size } : wanted;
    if (wanted !== 'all') {
      reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`);
    }
    const served = viewer.serve(() => reply.raw.destroy());
    reply.header('content-length', end - start).hijack();
    const { raw } = reply;
    raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    void sendPieces(raw, bytes.read(start, end), viewer.session)
      .catch(() => raw.destroy()) // The file cannot be read on: the client sees that bytes are missing.
      .then(() => {
        served(wanted === 'all' && raw.writableFinished);
        return file.close();
      });
    return reply;
  }

  async function bytesOf(file: VodFile, times: ClipTimes | undefined): Promise<VodBytes> {
    return files.bytes(file, times && (await clips.get(file, times)));
  }

  function describe(
    reply: FastifyReply,
    name: string,
    file: VodFile,
    times: ClipTimes | undefined,
  ): { etag: string; modified: number } {
    const etag = times ? `"${file.tag}-${times.start}-${times.end ?? ''}"` : `"${file.tag}"`;
    const type = times ? 'video/mp4' : files.typeOf(name);
    void reply.type(type ?? 'application/octet-stream').headers({
      etag,
      'last-modified': new Date(file.modified).toUTCString(),
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    return { etag, modified: file.modified };
  }

  function admit(
    request: FastifyRequest<FileRoute>,
    reply: FastifyReply,
  ): Promise<VodViewer | { refusal: Refusal }> {
    return options.viewers.find(
      {
        name: request.params.name,
        addr: clientAddress(request.raw, options.trustsProxy),
        args: queryArguments(request.url),
        uri: pathOf(request.url),
        agent: headerText(request, 'user-agent') ?? '',
      },
      (session) =>
        reply.raw.once('close', () => {
          if (session.state !== 'asking') return;
          session.end({ code: 'client_left', message: 'The client closed the connection.' });
        }),
    );
  }
}

/** Sends pieces, each when the one before has been taken. Resolves when it is over, either way. */
async function sendPieces(
  response: ServerResponse,
  pieces: AsyncGenerator<Buffer>,
  account: { bytes: number },
): Promise<void> {
  const closed = new Promise<'closed'>((resolve) =>
    response.once('close', () => resolve('closed')),
  );
  response.on('error', () => {}); // `close` follows
  for await (const piece of pieces) {
    const taken = new Promise<void>((resolve) => response.write(piece, () => resolve()));
    if ((await Promise.race([taken, closed])) === 'closed' || response.destroyed) return;
    account.bytes += piece.length;
  }
  response.end();
  await closed;
}

function headerText({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function sendSentence(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('text/plain; charset=utf-8')
    .send(`${sentence}\n`);
}

function missing(reply: FastifyReply, name: string): FastifyReply {
  return sendSentence(reply, 404, `There is no file ${JSON.stringify(name)}.`);
}

/** What is wrong with a clip, told to its client; anything else is not for clients. */
function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof Mp4Error) return sendSentence(reply, clipStatus(error), error.message);
  throw error;
}

function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return sendSentence(reply, refusalStatus(refusal), refusal.message);
}
