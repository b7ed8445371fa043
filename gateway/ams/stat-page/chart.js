/* global document */

const svgNamespace = 'http://www.w3.org/2000/svg';

/** Samples that a chart shows: five minutes of one a second. */
export const shown = 300;

/**
 * A line chart of the last five minutes. Its series are given at each drawing, so that they may come
 * and go; where the pointer is, the legend tells the values of that moment.
 *
 * @param format how a value reads
 * @param least the smallest value that the top of the chart stands for
 */
export function createChart(format, least) {
  const heading = make('h2');
  const legend = make('div', 'legend');
  const head = make('div', 'head');
  head.append(heading, legend);
  const plot = make('div', 'plot');
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', `0 0 ${shown - 1} 100`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const labels = [0, 50].map((top) => {
    const label = make('span');
    label.style.top = `${top}%`;
    return label;
  });
  plot.append(svg, ...labels);
  const span = make('div', 'span');
  const [from, to] = [make('span'), make('span')];
  span.append(from, to);
  const element = make('section', 'card chart');
  element.append(head, plot, span);

  let last;
  let pointed;
  plot.addEventListener('pointermove', (event) => {
    const { left, width } = plot.getBoundingClientRect();
    pointed = Math.round(((event.clientX - left) / width) * (shown - 1));
    if (last !== undefined) draw(last);
  });
  plot.addEventListener('pointerleave', () => {
    pointed = undefined;
    if (last !== undefined) draw(last);
  });

  /** `series`: name, place in the palette, and values, oldest first, `undefined` where there is none. */
  function draw(chart) {
    last = chart;
    const { title, series, begin, end, none } = chart;
    heading.textContent = title;
    from.textContent = begin;
    to.textContent = end;
    const top = niceTop(
      Math.max(least, ...series.flatMap(({ values }) => values.filter(Number.isFinite))),
    );
    labels[0].textContent = format(top);
    labels[1].textContent = format(top / 2);
    const y = (value) => (100 - (value / top) * 100).toFixed(2);

    const grid = [0, 50, 100].map((height) => line(0, height, shown - 1, height));
    const paths = series.map(({ colour, values }) => {
      const path = document.createElementNS(svgNamespace, 'path');
      let d = '';
      let drawing = false;
      values.forEach((value, index) => {
        if (value === undefined) drawing = false;
        else {
          d += `${drawing ? 'L' : 'M'}${shown - values.length + index} ${y(value)}`;
          drawing = true;
        }
      });
      path.setAttribute('d', d);
      path.style.setProperty('--colour', `var(--series-${colour})`);
      return path;
    });
    if (pointed !== undefined) {
      const at = line(pointed, 0, pointed, 100);
      at.setAttribute('class', 'at');
      grid.push(at);
    }
    svg.replaceChildren(...grid, ...paths);

    const entries = series.map(({ name, colour, values }) => {
      const index = pointed === undefined ? values.length - 1 : pointed - shown + values.length;
      const value = values[index];
      const entry = make('span');
      const mark = make('i');
      mark.style.setProperty('--colour', `var(--series-${colour})`);
      const figure = make('b');
      figure.textContent = value === undefined ? '–' : format(value);
      entry.append(mark, `${name} `, figure);
      return entry;
    });
    legend.replaceChildren(...(entries.length === 0 ? [none] : entries));
    svg.setAttribute('aria-label', `${title}: ${legend.textContent}`);
  }

  return { element, draw };
}

/** The next of 1, 2, 5, 10, 20, … */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= value * 0.999) ?? value;
}

function line(x1, y1, x2, y2) {
  const element = document.createElementNS(svgNamespace, 'line');
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) element.setAttribute(name, value);
  return element;
}

function make(name, className = '') {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  return element;
}
