import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PagesOptions {
  /** Where the browser side was built; `web-player/dist` of this checkout unless said otherwise. */
  readonly dist?: string;
  /** The port that RTMP is served at; asked at each request. */
  readonly rtmpPort: () => number;
  /** The port of HTTPS, 0 where it is not served; asked at each request. */
  readonly httpsPort: () => number;
  /** What is there, for this visitor, besides live streams. */
  readonly features: (request: FastifyRequest) => {
    /** `/control/…`: the demo channel, and the files of the library. */
    readonly api: boolean;
    /** `/live/NAME/picture.jpg`. */
    readonly pictures: boolean;
  };
  /** Called with each request: somebody has opened a page, or loads the player. */
  readonly onVisit?: () => void;
}

/** A built file, read once at the start: there are few, and they do not change while we run. */
interface BuiltFile {
  readonly type: string;
  /** Its bytes; the path of a source map, which is large, and which only debuggers ask for. */
  readonly plain: Buffer | string;
  readonly gzip: Buffer | undefined;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ico': 'image/x-icon',
  '.map': 'application/json; charset=utf-8',
  // The types of `player.js`; browsers show them.
  '.ts': 'text/plain; charset=utf-8',
};

const BUILT = fileURLToPath(new URL('../../../web-player/dist', import.meta.url));

/**
 * Nothing from elsewhere, no script that is not a file of ours. Streams may come from another
 * gateway (`connect-src`), and the player page may be shown in other people's pages.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: http: https:",
  "connect-src 'self' http: https: ws: wss:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const PERMISSIONS = 'camera=(self), microphone=(self), display-capture=(self)';

/**
 * The pages for people and the player for other pages: `/`, `/player/NAME`, `/publish/NAME`,
 * `/player.js` with its types `/player.d.ts`, what these load from `/player/assets/`, and the icon.
 *
 * @throws Error when the browser side was not built.
 */
export async function pagesPlugin(app: FastifyInstance, options: PagesOptions): Promise<void> {
  const files = await readBuilt(options.dist ?? BUILT);
  const { onVisit } = options;
  if (onVisit) app.addHook('onResponse', async () => onVisit());

  const page = (name: string, frames: "'self'" | '*') => {
    const file = fileNamed(files, `${name}.html`);
    return (request: FastifyRequest, reply: FastifyReply) => {
      reply
        .header('content-security-policy', `${POLICY}; frame-ancestors ${frames}`)
        .header('permissions-policy', PERMISSIONS)
        .header('referrer-policy', 'same-origin')
        .header('cache-control', 'no-cache');
      return send(request, reply, file);
    };
  };
  const missing = page('missing', "'self'");
  app.setNotFoundHandler((request, reply) => {
    reply.code(404);
    // People get a page; programs and pictures get a sentence.
    if (request.method === 'GET' && request.headers.accept?.includes('text/html')) {
      return missing(request, reply);
    }
    return reply.send({ code: 'not_found', error: 'There is nothing at this address.' });
  });
  app.get('/', page('home', "'self'"));
  app.get('/player/:name', page('watch', '*'));
  app.get('/publish/:name', page('publish', "'self'"));

  const atRoot = (name: string, kept: string) => {
    const file = fileNamed(files, name);
    app.get(`/${name}`, (request, reply) => {
      reply.header('cache-control', kept).header('access-control-allow-origin', '*');
      return send(request, reply, file);
    });
  };
  for (const name of ['player.js', 'player.js.map', 'player.d.ts']) atRoot(name, 'no-cache');
  // Asked for by every browser, with the first page or film that it opens.
  for (const name of ['favicon.svg', 'favicon.ico']) atRoot(name, 'public, max-age=86400');

  app.get('/player/assets/addresses.json', (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    return reply.send({
      rtmpPort: options.rtmpPort(),
      httpsPort: options.httpsPort(),
      features: options.features(request),
    });
  });
  app.get<{ Params: { file: string } }>('/player/assets/:file', (request, reply) => {
    const file = files.get(`player/assets/${request.params.file}`);
    if (file === undefined) {
      return reply.code(404).send({ code: 'not_found', error: 'There is no such file.' });
    }
    reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('access-control-allow-origin', '*');
    return send(request, reply, file);
  });
}

function send(request: FastifyRequest, reply: FastifyReply, file: BuiltFile): FastifyReply {
  reply
    .type(file.type)
    .header('etag', file.etag)
    .header('vary', 'accept-encoding')
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'cross-origin');
  const known = request.headers['if-none-match']?.includes(file.etag) === true;
  if (known && reply.statusCode === 200) return reply.code(304).send();
  const accepted = request.headers['accept-encoding'];
  if (file.gzip !== undefined && /\bgzip\b/.test(String(accepted))) {
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  }
  const { plain } = file;
  return reply.send(typeof plain === 'string' ? createReadStream(plain) : plain);
}

/** Whether the browser side was built; `npm start` and `npm test` do that. */
export function pagesAreBuilt(dist = BUILT): boolean {
  return existsSync(join(dist, 'player.js'));
}

async function readBuilt(dist: string): Promise<Map<string, BuiltFile>> {
  if (!pagesAreBuilt(dist)) {
    throw new Error(
      `The web player is not built: there is no ${dist}/player.js. Run npm run build.`,
    );
  }
  const names = await readdir(dist, { recursive: true });
  const files = new Map<string, BuiltFile>();
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = join(dist, name);
    const bytes = await readFile(path);
    const gzip = names.includes(`${name}.gz`)
      ? await readFile(join(dist, `${name}.gz`))
      : undefined;
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`;
    const plain = name.endsWith('.map') ? path : bytes;
    files.set(name.replaceAll('\\', '/'), { type, plain, gzip, etag });
  }
  return files;
}

function fileNamed(files: ReadonlyMap<string, BuiltFile>, name: string): BuiltFile {
  const file = files.get(name);
  if (file === undefined) throw new Error(`The web player's build lacks the file ${name}.`);
  return file;
}
