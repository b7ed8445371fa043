// `npm run bench`: the gateway beside nginx-rtmp and node-media-server, on the same work.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { readCommandLine } from '../helpers/command-line.ts';
import { openScope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { buildLoadTool } from './load-tool.ts';
import { measure, type Bench, type Measurement } from './measure.ts';
import { readOptions, USAGE, type BenchOptions } from './options.ts';
import { table, type Result } from './report.ts';
import { OWN_NAME, servers, type ServerUnderTest } from './servers.ts';
import { works, type Work } from './works.ts';

/**
 * The load stays on one core, where the system can do that; servers may use all, as when they are
 * installed, or one of their own with `--one-core`.
 */
function pinning(oneCore: boolean): Pick<Bench, 'serverPrefix' | 'loadPrefix'> {
  const able =
    availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  if (!able) console.error('Without taskset and two cores, server and load share what there is.');
  return {
    serverPrefix: able && oneCore ? ['taskset', '-c', '0'] : [],
    loadPrefix: able ? ['taskset', '-c', '1'] : [],
  };
}

interface Cell {
  readonly work: Work;
  readonly server: ServerUnderTest;
  readonly rounds: Measurement[];
  failure?: string;
}

function cells(options: BenchOptions): Cell[] {
  const chosen = works.filter(
    ({ name, quick }) => options.only.test(name) && (!options.quick || quick === true),
  );
  return chosen.flatMap((work) =>
    servers
      .filter(({ name, outputs }) => options.servers.test(name) && outputs.includes(work.output))
      .filter(({ only }) => only === undefined || only(work))
      .map((server) => ({ work, server, rounds: [] })),
  );
}

async function runCell(bench: Bench, cell: Cell, label: string): Promise<void> {
  process.stderr.write(`${label} ${cell.work.name}, ${cell.server.name} … `);
  try {
    const measured = await measure(bench, cell.server, cell.work);
    cell.rounds.push(measured);
    const { cpu, loadCpu, flaws } = measured;
    const doubt = flaws.length > 0 ? ` (${flaws.join('; ')})` : '';
    process.stderr.write(`${cpu.toFixed(1)} % (load ${loadCpu.toFixed(0)} %)${doubt}\n`);
  } catch (error) {
    cell.failure = error instanceof Error ? error.message : String(error);
    process.stderr.write(`failed: ${cell.failure}\n`);
  }
}

function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
  };
}

async function main(): Promise<void> {
  const options = readCommandLine(USAGE, readOptions);
  const scope = openScope();
  try {
    const program = await buildLoadTool(scope, await tempDir(scope));
    const bench: Bench = { program, ...pinning(options.oneCore), seconds: options.seconds };
    const all = cells(options);
    if (all.length === 0) throw new Error('no work and server match these options');
    for (let round = 0; round < options.rounds; round++) {
      for (const [index, cell] of all.entries()) {
        await runCell(bench, cell, `[${round + 1}.${index + 1}/${all.length}]`);
      }
    }
    const results: Result[] = all.map(({ work, server, rounds, failure }) => ({
      work: work.name,
      server: server.name,
      rounds,
      failure,
    }));
    console.log(table(works, results, OWN_NAME));
    if (options.json !== undefined) {
      const report = { at: new Date().toISOString(), machine: machine(), results };
      const text = `${JSON.stringify(report, null, 2)}\n`;
      if (options.json === '-') process.stdout.write(text);
      else writeFileSync(options.json, text);
    }
    const doubtful = results.some(
      ({ server, rounds, failure }) =>
        server.startsWith(OWN_NAME) &&
        (failure !== undefined || rounds.some(({ flaws }) => flaws.length > 0)),
    );
    if (doubtful) process.exitCode = 1;
  } finally {
    await scope.close();
  }
}

await main();
