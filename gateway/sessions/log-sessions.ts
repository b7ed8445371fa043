import type { Log } from '../ops/log.ts';
import type { SessionRegistry } from './registry.ts';
import type { Session } from './session.ts';

/** One line for each session's begin, end, or refusal; every line carries the client's number. */
export function logSessions(registry: SessionRegistry, log: Log): void {
  const about = ({ details: { clientId, protocol, app, name, addr } }: Session): object => ({
    client: clientId,
    protocol,
    stream: `${app}/${name}`,
    addr,
  });
  registry.listen({
    started(session) {
      const { args, kind } = session.details;
      const more = args.length > 0 ? { args: Object.fromEntries(args) } : {};
      log.info({ ...about(session), ...more }, `${kind} started`);
    },
    refused(session, { message }) {
      log.warn(about(session), `${session.details.kind} refused: ${message}`);
    },
    failed(session, error) {
      log.error({ ...about(session), err: error }, 'an admission check failed');
    },
    ended(session, { code, message }) {
      const { kind } = session.details;
      const { bytes, dropped } = session;
      const seconds = Math.round((Date.now() - session.since) / 1000);
      log.info(
        { ...about(session), reason: code, seconds, bytes, dropped },
        `${kind} ended: ${message}`,
      );
    },
  });
}
