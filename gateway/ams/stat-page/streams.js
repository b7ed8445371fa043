/* global document */
import { codecTitle } from './codec-titles.js';
import { bitRate, duration, short, whole } from './figures.js';

/** Rows that the table has at most; people do not read more, and browsers tire of them. */
const mostRows = 50;

/**
 * The live streams, those that are published and most watched first: a table, on a narrow screen a
 * small block each. Rows are kept and changed, so that focus and selection stay where they are.
 */
export function createStreamList() {
  const [element, table, note] = ['div', 'table', 'p'].map(make);
  const head = table.createTHead().insertRow();
  const body = table.createTBody();
  const rows = new Map();
  note.className = 'empty';
  element.append(table, note);

  return {
    element,
    draw(streams, words) {
      const ordered = streams.toSorted(
        (a, b) => b.publishing - a.publishing || viewersOf(b) - viewersOf(a),
      );
      const shown = ordered.slice(0, mostRows);
      const more = ordered.length - shown.length;
      table.hidden = streams.length === 0;
      note.hidden = streams.length > 0 && more === 0;
      note.textContent = streams.length === 0 ? words.none : words.more(more);
      drawHead(head, Object.values(words.columns));

      const names = new Set(shown.map(({ name }) => name));
      for (const [name, row] of rows) {
        if (names.has(name)) continue;
        row.remove();
        rows.delete(name);
      }
      shown.forEach((stream, at) => {
        const row = rows.get(stream.name) ?? make('tr');
        rows.set(stream.name, row);
        if (body.rows[at] !== row) body.insertBefore(row, body.rows[at] ?? null);
        drawRow(row, cellsOf(stream, words));
      });
    },
  };
}

function make(tag) {
  return document.createElement(tag);
}

function viewersOf({ viewers }) {
  return Object.values(viewers).reduce((sum, count) => sum + count, 0);
}

function drawHead(row, titles) {
  titles.forEach((title, at) => {
    const cell = row.cells[at] ?? row.appendChild(make('th'));
    cell.scope = 'col';
    cell.textContent = title;
  });
}

/** Changes the cells that say something else than they did. */
function drawRow(row, cells) {
  cells.forEach(({ label, said, content }, at) => {
    const cell = row.cells[at] ?? row.insertCell();
    if (cell.dataset.said === said && cell.dataset.label === label) return;
    cell.dataset.said = said;
    cell.dataset.label = label;
    if (at === 0) cell.className = 'name';
    cell.replaceChildren(...content());
  });
}

/** A stream's cells: the column's title, what the cell says, and the nodes that say it. */
function cellsOf(stream, words) {
  const { columns } = words;
  const viewers = Object.entries(stream.viewers);
  return [
    {
      label: columns.name,
      said: JSON.stringify([stream.name, stream.warnings]),
      content: () => nameNodes(stream, words),
    },
    {
      label: columns.state,
      said: String(stream.publishing),
      content: () => [stateBadge(stream.publishing, words.states)],
    },
    cell(columns.time, stream.publishing ? duration(stream.time / 1000, words.days) : '–'),
    cell(
      columns.viewers,
      whole(viewersOf(stream)),
      viewers.map(([protocol, count]) => `${protocol} ${count}`).join(', '),
    ),
    cell(columns.in, bitRate(stream.bw_in)),
    cell(columns.out, bitRate(stream.bw_out)),
    cell(columns.video, ...videoLines(stream.video, words)),
    cell(columns.audio, ...audioLines(stream.audio, words)),
  ];
}

/** A cell of text, whose further lines are small. */
function cell(label, first, ...more) {
  const lines = more.filter((line) => line !== '');
  const content = () => [first, ...lines.map((line) => withText('small', line))];
  return { label, said: [first, ...lines].join('\n'), content };
}

function withText(tag, text) {
  const element = make(tag);
  element.textContent = text;
  return element;
}

function stateBadge(publishing, states) {
  const badge = withText('span', publishing ? states.live : states.waiting);
  badge.className = publishing ? 'live' : 'still';
  return badge;
}

function nameNodes({ name, warnings }, words) {
  const link = withText('a', name);
  link.href = `/player/${encodeURIComponent(name)}`;
  link.dir = 'auto';
  // A server that is newer than this page may warn of more.
  const known = warnings.flatMap((code) => words.warnings[code] ?? []);
  return known.length === 0 ? [link] : [link, warningList(known, words)];
}

/** What its publisher should mend, with the settings that do it. */
function warningList(warnings, { encoderLabel }) {
  const list = make('ul');
  list.className = 'warnings';
  for (const { what, obs, ffmpeg } of warnings) {
    const [item, setting] = ['li', 'span'].map(make);
    setting.append(encoderLabel('ffmpeg'), withText('code', ffmpeg));
    item.append(withText('strong', what), withText('span', encoderLabel('OBS') + obs), setting);
    list.append(item);
  }
  return list;
}

function videoLines(video, words) {
  if (video === null) return ['–'];
  const size = video.width === null ? '' : ` ${video.width}×${video.height}`;
  const rate = video.frameRate === null ? '' : ` ${short(video.frameRate)} fps`;
  const interval =
    video.keyFrameInterval === null ? '' : words.keyFrames(short(video.keyFrameInterval));
  return [`${codecTitle(video.codec)}${size}${rate}`, video.profile ?? '', interval];
}

function audioLines(audio, words) {
  if (audio === null) return ['–'];
  const rate = audio.sampleRate === null ? '' : ` ${short(audio.sampleRate / 1000)} kHz`;
  const channels = audio.channels === null ? '' : words.channels(audio.channels);
  return [`${codecTitle(audio.codec)}${rate}`, channels];
}
