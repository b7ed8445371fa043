import type { StatDelay } from '../../../shared/stat.ts';

/** What a player reports a few times a minute; times in ms. */
export interface ViewerReport {
  readonly transport: string;
  readonly delay_p50: number;
  readonly delay_p95: number;
}

/** The player's transports: nothing else becomes a label in the metrics. */
const TRANSPORTS: ReadonlySet<string> = new Set(['webrtc', 'webcodecs', 'mse', 'http-flv', 'hls']);

/** Reports count this long: three of a player's intervals, ms. */
const KEPT_MS = 60_000;
/** Reports kept for each transport; with more viewers, the oldest go first. */
const KEPT_REPORTS = 2000;
/** More is no delay but a broken clock, ms. */
const MOST_DELAY = 120_000;

/** Reads a report; undefined for anything that is none, or that no player could see. */
export function parseViewerReport(value: unknown): ViewerReport | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { transport, delay_p50, delay_p95 } = value as Partial<Record<string, unknown>>;
  if (typeof transport !== 'string' || !TRANSPORTS.has(transport)) return undefined;
  if (!isDelay(delay_p50) || !isDelay(delay_p95)) return undefined;
  return { transport, delay_p50, delay_p95 };
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MOST_DELAY;
}

/** The reports of the last minute, for `/stat` and `/metrics`. */
export class ViewerReports {
  readonly #clock: () => number;
  readonly #reports = new Map<string, { at: number; report: ViewerReport }[]>();

  /** `clock`: monotonic ms. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  add(report: ViewerReport): void {
    const kept = this.#reports.get(report.transport) ?? [];
    if (kept.length >= KEPT_REPORTS) kept.shift();
    kept.push({ at: this.#clock(), report });
    this.#reports.set(report.transport, kept);
  }

  /** The transports that viewers reported in the last minute. */
  summary(): StatDelay[] {
    const oldest = this.#clock() - KEPT_MS;
    const summaries: StatDelay[] = [];
    for (const [transport, all] of this.#reports) {
      const kept = all.filter(({ at }) => at > oldest);
      this.#reports.set(transport, kept);
      if (kept.length === 0) continue;
      summaries.push({
        transport,
        viewers: kept.length,
        p50: share(
          kept.map(({ report }) => report.delay_p50),
          0.5,
        ),
        p95: share(
          kept.map(({ report }) => report.delay_p95),
          0.95,
        ),
      });
    }
    return summaries;
  }
}

function share(values: number[], part: number): number {
  values.sort((a, b) => a - b);
  return values[Math.max(0, Math.ceil(part * values.length) - 1)] ?? 0;
}
