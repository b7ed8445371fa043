export interface Row {
  readonly label: string;
  /** ms. */
  readonly delays: readonly number[];
}

const WIDTH = 720;
const ROW = 64;
const LEFT = 215;
const BINS = 120;

/** Draws one histogram a row over a common logarithmic axis from 10 ms to 10 s, as SVG. */
export function histogramSvg(rows: readonly Row[]): string {
  const height = rows.length * ROW + 40;
  const x = (ms: number): number =>
    LEFT + ((Math.log10(Math.min(10_000, Math.max(10, ms))) - 1) / 3) * (WIDTH - LEFT - 20);
  const parts = rows.map(({ label, delays }, index) => {
    const counts = new Array<number>(BINS).fill(0);
    for (const delay of delays) {
      const bin = Math.min(BINS - 1, Math.floor(((x(delay) - LEFT) / (WIDTH - LEFT - 20)) * BINS));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const most = Math.max(1, ...counts);
    const step = (WIDTH - LEFT - 20) / BINS;
    const bottom = (index + 1) * ROW;
    const bars = counts.map((count, bin) => {
      const tall = (count / most) * (ROW - 18);
      return tall === 0
        ? ''
        : `<rect x="${(LEFT + bin * step).toFixed(1)}" y="${(bottom - tall).toFixed(1)}" width="${step.toFixed(1)}" height="${tall.toFixed(1)}"/>`;
    });
    const name = label.replace(/&/g, '&amp;').replace(/</g, '&lt;');
    return `<text x="12" y="${bottom - 8}">${name}</text><g fill="#2158d6">${bars.join('')}</g><path d="M${LEFT} ${bottom}H${WIDTH - 20}" stroke="#d5dae2"/>`;
  });
  const ticks = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].map(
    (ms) =>
      `<text x="${x(ms).toFixed(1)}" y="${height - 16}" text-anchor="middle" fill="#5a6372">${ms >= 1000 ? `${ms / 1000} s` : ms}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}${ticks.join('')}</svg>\n`;
}
