import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { metricsContentType, type Metrics } from '../../ops/metrics.ts';
import { wantsJson } from '../http/api-route.ts';
import { pagePolicy, readStatPage } from './page.ts';
import { statReport, type ReportKind, type ReportSources } from './report.ts';
import { reportXml } from './report-xml.ts';
import { statSystem, systemXml, type SystemSources } from './system.ts';

export interface StatOptions {
  readonly report: ReportSources;
  readonly system: SystemSources;
  readonly metrics: Metrics;
}

/** `GET /stat…`, `/metrics` and `/healthz`: they only show, so everybody may read them. */
export async function addStatRoutes(app: FastifyInstance, options: StatOptions): Promise<void> {
  const files = await readStatPage();
  await app.register(async (scope) => {
    const show = (url: string, handle: (request: FastifyRequest, reply: FastifyReply) => unknown) =>
      scope.route({
        method: scope.supportedMethods,
        url,
        exposeHeadRoute: false,
        onRequest: async (request, reply) => {
          if (request.method === 'GET') return undefined;
          const text = 'This address takes GET only.';
          return reply.code(405).header('allow', 'GET').type(plain).send(text);
        },
        handler: async (request, reply) => {
          void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
          return handle(request, reply);
        },
      });
    const xmlOrJson = (
      request: FastifyRequest,
      reply: FastifyReply,
      value: object,
      xml: () => string,
    ) =>
      wantsJson(request)
        ? reply.type('application/json; charset=utf-8').send(JSON.stringify(value))
        : reply.type('text/xml; charset=utf-8').send(xml());

    for (const kind of ['all', 'live', 'vod', 'channel'] as const satisfies ReportKind[]) {
      show(`/stat/${kind}`, (request, reply) => {
        const report = statReport(kind, options.report);
        return xmlOrJson(request, reply, report, () => reportXml(report));
      });
    }
    show('/stat/sys', (request, reply) => {
      const system = statSystem(options.system);
      return xmlOrJson(request, reply, system, () => systemXml(system));
    });
    for (const { url, type, content, etag } of files) {
      show(url, (request, reply) => {
        void reply.headers({
          'cache-control': 'no-cache',
          etag,
          'content-security-policy': pagePolicy,
        });
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        return reply.type(type).send(content);
      });
    }
    show('/metrics', (_, reply) => reply.type(metricsContentType).send(options.metrics.render()));
    show('/healthz', (_, reply) => reply.type(plain).send('ok\n'));
  });
}

const plain = 'text/plain; charset=utf-8';
