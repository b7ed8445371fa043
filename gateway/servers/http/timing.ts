import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Hub } from '../../live/hub.ts';
import type { Stream } from '../../live/stream.ts';
import { ArrivalMarker } from './arrival-mark.ts';
import { parseViewerReport, type ViewerReports } from './viewer-reports.ts';

export interface TimingOptions {
  readonly hub: Hub;
  /** Where players' reports go. */
  readonly reports: ViewerReports;
}

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'content-type',
};

/** A report is some 200 bytes. */
const BODY_LIMIT = 4096;

/**
 * `/live/NAME/timing`: the gateway's clock, whether the stream is published, and when its media
 * arrived, so that a player knows its delay, or that there is nothing yet to play; a POST also reports that delay. See docs/decisions/006-measured-delay.md.
 */
export function timingRoutes(app: FastifyInstance, { hub, reports }: TimingOptions): void {
  const markers = new Map<Stream, ArrivalMarker>();
  hub.listen({
    opened(stream) {
      const marker = new ArrivalMarker(wallClock);
      markers.set(stream, marker);
      stream.subscribe(marker);
    },
    closed: (stream) => markers.delete(stream),
  });

  const answer = (name: string, reply: FastifyReply): FastifyReply => {
    const stream = hub.find(name);
    const mark = (stream && markers.get(stream)?.mark) ?? null;
    reply.headers({ ...cors, 'cache-control': 'no-store' });
    return reply.send({ now: wallClock(), live: stream?.state === 'live', mark });
  };

  app.get<{ Params: { name: string } }>('/live/:name/timing', (request, reply) =>
    answer(request.params.name, reply),
  );
  app.post<{ Params: { name: string } }>(
    '/live/:name/timing',
    { bodyLimit: BODY_LIMIT },
    (request, reply) => {
      const report = parseViewerReport(request.body);
      // A report that makes no sense is not worth an error to a player that goes on all the same.
      if (report !== undefined) reports.add(report);
      return answer(request.params.name, reply);
    },
  );
  app.options('/live/:name/timing', (_request, reply) =>
    reply
      .headers({ ...cors, 'access-control-max-age': '86400' })
      .code(204)
      .send(),
  );
}

/** ms since 1970 with fractions; not stepped while the process runs. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
