import type { Measurement } from './measure.ts';
import type { Work } from './works.ts';

/** All rounds of one server at one work. `failure` says why there is nothing to show. */
export interface Result {
  readonly server: string;
  readonly work: string;
  readonly rounds: readonly Measurement[];
  readonly failure?: string;
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return below === undefined || above === undefined ? NaN : (below + above) / 2;
}

const HEADINGS = [
  'server',
  'CPU %',
  '× best peer',
  'CPU s/GB',
  'µs/packet',
  'RSS MB',
  'PSS MB',
  'delay p50',
  'p99 ms',
  'first key ms',
  'frames got/due',
  'players',
];

const number = (value: number | undefined, digits = 1) =>
  value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);

function figures(result: Result, bestPeer: number | undefined): string[] {
  if (result.rounds.length === 0)
    return [result.server, `not measured: ${result.failure?.split('\n')[0] ?? '?'}`];
  const middle = (of: (round: Measurement) => number | undefined) => {
    const values = result.rounds.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const sum = (of: (round: Measurement) => number) =>
    result.rounds.reduce((total, round) => total + of(round), 0);
  const cpu = middle((round) => round.cpu) ?? NaN;
  return [
    result.server,
    number(cpu),
    bestPeer === undefined || bestPeer === 0 ? '–' : number(cpu / bestPeer, 2),
    number(middle((round) => round.cpuPerGB)),
    number(middle((round) => round.cpuPerPacket)),
    number((middle((round) => round.rss) ?? NaN) / 1e6, 0),
    number((middle((round) => round.pss) ?? NaN) / 1e6, 0),
    number(
      middle((round) => round.delay?.p50),
      2,
    ),
    number(
      middle((round) => round.delay?.p99),
      2,
    ),
    number(
      middle((round) => round.firstKey?.p50),
      0,
    ),
    `${sum((round) => round.framesGot)}/${sum((round) => round.framesDue)}`,
    `${sum((round) => round.playersComplete)}/${sum((round) => round.players)}`,
  ];
}

/** The lowest median CPU among servers other than ours. */
function cheapestPeer(results: readonly Result[], own: string): number | undefined {
  const peers = results
    .filter(({ server, rounds }) => !server.startsWith(own) && rounds.length > 0)
    .map(({ rounds }) => median(rounds.map(({ cpu }) => cpu)));
  return peers.length === 0 ? undefined : Math.min(...peers);
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.filter((row) => row.length > 2).map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0
          ? cell.padEnd(widths[0] ?? 0)
          : cell.padStart(row.length > 2 ? (widths[column] ?? 0) : 0),
      )
      .join('  '),
  );
}

/** The table, work by work, and below it everything that makes a figure doubtful. */
export function table(works: readonly Work[], results: readonly Result[], own: string): string {
  const blocks = works.flatMap((work) => {
    const here = results.filter((result) => result.work === work.name);
    if (here.length === 0) return [];
    const peer = cheapestPeer(here, own);
    return [{ title: work.name, rows: here.map((result) => figures(result, peer)), here }];
  });
  const lines = align([HEADINGS, ...blocks.flatMap(({ rows }) => rows)]);
  const out = [lines.shift() ?? ''];
  for (const { title, rows, here } of blocks) {
    out.push('', title, ...lines.splice(0, rows.length));
    for (const { server, rounds } of here) {
      for (const [index, { flaws }] of rounds.entries()) {
        if (flaws.length > 0) out.push(`  ! ${server}, round ${index + 1}: ${flaws.join('; ')}`);
      }
    }
  }
  return out.join('\n');
}
