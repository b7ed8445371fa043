import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { metricsContentType, type Metrics } from '../../ops/metrics.ts';
import { wantsJson } from '../http/api-route.ts';
import { paced } from './paced.ts';
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
    const show = (
      url: string,
      handle: (request: FastifyRequest, reply: FastifyReply) => unknown,
      methods = 'GET',
    ) =>
      scope.route({
        method: scope.supportedMethods,
        url,
        exposeHeadRoute: false,
        onRequest: async (request, reply) => {
          if (methods.split(', ').includes(request.method)) return undefined;
          const text = `This address takes ${methods} only.`;
          return reply.code(405).header('allow', methods).type(plain).send(text);
        },
        handler: async (request, reply) => {
          void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
          return handle(request, reply);
        },
      });
    // A report costs about 2 µs a client: with few clients it is always fresh; with ten thousand,
    // and pages that poll it, one is made each 0.4 s, and media goes first.
    const rest = () => options.report.sessions.list().length / 25;
    const showReport = <T extends object>(
      url: string,
      read: () => T,
      xml: (value: T) => string,
    ) => {
      const pace = <V>(make: () => V) => paced(make, rest, () => performance.now());
      const report = pace(read);
      const asJson = pace(() => JSON.stringify(report()));
      const asXml = pace(() => xml(report()));
      show(url, (request, reply) =>
        wantsJson(request)
          ? reply.type('application/json; charset=utf-8').send(asJson())
          : reply.type('text/xml; charset=utf-8').send(asXml()),
      );
    };

    for (const kind of ['all', 'live', 'vod', 'channel'] as const satisfies ReportKind[]) {
      showReport(`/stat/${kind}`, () => statReport(kind, options.report), reportXml);
    }
    showReport('/stat/sys', () => statSystem(options.system), systemXml);
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
    // Load balancers ask by HEAD.
    show('/healthz', (_, reply) => reply.type(plain).send('ok\n'), 'GET, HEAD');
  });
}

const plain = 'text/plain; charset=utf-8';
