import { parseArgs } from 'node:util';

/** Every transport, and node-media-server with mpegts.js: what a user would have otherwise. */
const TRANSPORTS = ['webrtc', 'webcodecs', 'mse', 'http-flv', 'hls', 'today'];

export interface LatencyOptions {
  readonly transports: readonly string[];
  /** How long the steady delay is measured. */
  readonly seconds: number;
  /** Without disturbances. */
  readonly quick: boolean;
}

export const USAGE = `npm run latency -- [options]
  --transports=NAMES  some of ${TRANSPORTS.join(',')} (all);
                      today is node-media-server with mpegts.js
  --seconds=N         seconds of steady playing that are measured (60)
  --quick             only steady playing, nothing disturbed`;

/** @throws Error a sentence, for options that are wrong */
export function readOptions(args: string[]): LatencyOptions {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      transports: { type: 'string', default: TRANSPORTS.join(',') },
      quick: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) {
    throw new Error(`--seconds must be a number above 0, got "${values.seconds}"`);
  }
  const transports = values.transports.split(',');
  const unknown = transports.find((name) => !TRANSPORTS.includes(name));
  if (unknown !== undefined) {
    throw new Error(`--transports has "${unknown}"; there are ${TRANSPORTS.join(', ')}`);
  }
  return { transports, seconds, quick: values.quick };
}
