import { isatty } from 'node:tty';
import type { Serving } from './serve.ts';

/** A wrapper may forward a signal that the terminal sent to everybody; such a copy is ignored, ms. */
const copyWindow = 1000;

/**
 * Lets signals steer a serving gateway, and resolves with the exit code when it has ended:
 * - SIGTERM, SIGINT: end in order; a second one, a second or more later, ends at once;
 * - SIGUSR2: reload;
 * - SIGHUP: reload, but when started from a terminal it means that the terminal is gone: end.
 *
 * An exception that nobody caught means that some state may be wrong: sessions are ended in order,
 * with their callbacks, and the exit code is 1, so that a service manager starts afresh.
 */
export function steerBySignals(serving: Serving): Promise<number> {
  return new Promise((resolve) => {
    let endingSince: number | undefined;
    const end = (reason: string, exitCode: number) => {
      endingSince ??= performance.now();
      void serving.end(reason, exitCode).then(resolve);
    };
    const onEnd = (signal: string) => {
      if (endingSince === undefined) end(`${signal} received`, 0);
      else if (performance.now() - endingSince > copyWindow) resolve(1);
    };
    const onReload = () => {
      if (endingSince !== undefined) return;
      serving.reload().catch((error: unknown) => {
        serving.log.error({ err: error }, 'reload failed');
      });
    };
    let bugs = 0;
    const onBug = (error: unknown, origin: string) => {
      // One that comes with every packet must not fill the disk while sessions are ended.
      if (++bugs > 10) return;
      serving.log.fatal({ err: error }, origin);
      end(`bug (${origin})`, 1);
    };
    const onTerminal = isatty(0) || isatty(1);
    process.on('SIGTERM', onEnd);
    process.on('SIGINT', onEnd);
    process.on('SIGUSR2', onReload);
    process.on('SIGHUP', onTerminal ? onEnd : onReload);
    // Unhandled rejections arrive here too (`origin` says so).
    process.on('uncaughtException', onBug);
  });
}
