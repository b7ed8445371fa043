import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { LivePictures } from './live-pictures.ts';

export interface LivePictureRouteOptions {
  readonly pictures: Pick<LivePictures, 'of'>;
  /** Whether anybody may see them; asked at each request. */
  readonly open: () => boolean;
}

/**
 * `GET /live/NAME/picture.jpg`: what a live stream shows, at most some seconds old; 204 where there
 * is no picture (yet), 403 where each viewer is decided about.
 */
export function livePictureRoutes(
  app: FastifyInstance,
  { pictures, open }: LivePictureRouteOptions,
): void {
  app.get<{ Params: { name: string } }>('/live/:name/picture.jpg', async (request, reply) => {
    reply.headers({
      'cache-control': 'private, no-cache',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    if (!open()) {
      const error = 'There are no pictures where a callback decides who watches.';
      return reply.code(403).send({ code: 'forbidden', error });
    }
    const picture = await pictures.of(request.params.name);
    if (!picture) return reply.code(204).send();
    const etag = `"${createHash('sha256').update(picture).digest('base64url').slice(0, 16)}"`;
    reply.header('etag', etag);
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.type('image/jpeg').send(picture);
  });
}
