import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly quick: boolean;
  /** Only works and servers whose names match. */
  readonly only: RegExp;
  readonly servers: RegExp;
  readonly rounds: number;
  /** Length of the measured window. */
  readonly seconds: number;
  /** Servers run on a core of their own, even if they could use more. */
  readonly oneCore: boolean;
  /** Where to write the figures as JSON; `-` is standard output. */
  readonly json?: string;
}

export const USAGE = `npm run bench -- [options]
  --quick            five works, one round, short windows: under 3 minutes
  --only=PATTERN     works whose name matches, e.g. --only='500 RTMP'
  --servers=PATTERN  servers whose name matches, e.g. --servers='gateway|nginx'
  --rounds=N         rounds, interleaved; the median is shown (3; quick: 1)
  --seconds=N        seconds measured each time (10; quick: 3)
  --one-core         servers may use one core only, the load has the other
  --json=FILE        also write every figure as JSON (- for standard output)`;

function positive(text: string | undefined, otherwise: number, name: string): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, got "${text}"`);
  return value;
}

/** @throws Error a sentence, for options that are wrong */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      servers: { type: 'string', default: '' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      'one-core': { type: 'boolean', default: false },
    },
  });
  return {
    quick: values.quick,
    only: new RegExp(values.only, 'i'),
    servers: new RegExp(values.servers, 'i'),
    rounds: Math.round(positive(values.rounds, values.quick ? 1 : 3, 'rounds')),
    seconds: positive(values.seconds, values.quick ? 3 : 10, 'seconds'),
    json: values.json,
    oneCore: values['one-core'],
  };
}
