import pino from 'pino';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { LogOutput } from './log-file.ts';
import { formatLogLine } from './log-line.ts';
import type { LogRecord } from './log-line.ts';
import { createMask, maskRecord } from './mask.ts';

/**
 * The gateway's logger: `log.info({ name }, 'publish started')`. What a client does is logged with
 * a child that carries its number, `log.child({ client: session.details.clientId })`.
 */
export type Log = Logger;

/** What of the configuration logging lives by. */
export type LogSettings = Pick<Config, 'log_level' | 'log_format' | 'mask_args'>;

export interface Logging {
  readonly log: Log;
  /** Applies new settings; loggers of clients that exist keep their level. */
  apply(settings: LogSettings): void;
  /** Resolves when every line has reached its place, before the process ends. */
  flush(): Promise<void>;
}

/** A logger whose lines, masked, go to `output`: one line each, as text or as JSON. */
export function startLogging(output: LogOutput, settings: LogSettings): Logging {
  let { log_format: format } = settings;
  let mask = createMask(settings.mask_args);

  const log = pino(
    { level: settings.log_level, base: undefined, serializers: { error: pino.stdSerializers.err } },
    {
      write(line: string) {
        const record = maskRecord(JSON.parse(line) as LogRecord, mask);
        output.write(format === 'json' ? `${JSON.stringify(record)}\n` : formatLogLine(record));
      },
    },
  );

  return {
    log,
    apply(next) {
      log.level = next.log_level;
      format = next.log_format;
      mask = createMask(next.mask_args);
    },
    async flush() {
      await output.flush();
    },
  };
}
