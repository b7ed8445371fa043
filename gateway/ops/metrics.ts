/**
 * Metrics in the Prometheus text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export interface Metrics {
  /** A counter that its user increments. Its name ends in `_total`. */
  counter(name: string, help: string): Counter;
  /** Figures that are read when somebody asks: a number, or one for each set of labels. */
  collect(
    kind: MetricKind,
    name: string,
    help: string,
    read: () => number | Iterable<Sample>,
  ): void;
  /** The answer to a scrape. */
  render(): string;
}

export interface Counter {
  /** Adds to the count of these labels; `amount` is not negative. */
  add(amount?: number, labels?: Labels): void;
}

export type MetricKind = 'counter' | 'gauge';
export type Labels = Readonly<Record<string, string | number>>;
export type Sample = readonly [labels: Labels, value: number];

/** Content type of `render`'s text. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

interface Metric {
  readonly kind: MetricKind;
  readonly help: string;
  readonly read: () => number | Iterable<Sample>;
}

/** An empty registry. Names and labels are written by us, so wrong ones are programming errors. */
export function createMetrics(): Metrics {
  const metrics = new Map<string, Metric>();

  const register = (name: string, metric: Metric) => {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`"${name}" is no metric name`);
    if (metrics.has(name)) throw new Error(`The metric "${name}" is registered already`);
    metrics.set(name, metric);
  };

  return {
    counter(name, help) {
      const counts = new Map<string, [labels: Labels, value: number]>();
      register(name, { kind: 'counter', help, read: () => counts.values() });
      return {
        add(amount = 1, labels = {}) {
          const id = formatLabels(labels);
          const count = counts.get(id);
          if (count) count[1] += amount;
          else counts.set(id, [labels, amount]);
        },
      };
    },

    collect(kind, name, help, read) {
      register(name, { kind, help, read });
    },

    render() {
      let text = '';
      for (const [name, { kind, help, read }] of metrics) {
        text += `# HELP ${name} ${escape(help)}\n# TYPE ${name} ${kind}\n`;
        const value = read();
        const samples: Iterable<Sample> = typeof value === 'number' ? [[{}, value]] : value;
        for (const [labels, figure] of samples) {
          text += `${name}${formatLabels(labels)} ${formatNumber(figure)}\n`;
        }
      }
      return text;
    },
  };
}

function formatLabels(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  const pairs = entries.map(([name, value]) => {
    return `${name}="${escape(String(value)).replaceAll('"', '\\"')}"`;
  });
  return `{${pairs.join(',')}}`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
