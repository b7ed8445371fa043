/* global document */
import { bitRate, duration, short, whole } from './figures.js';

/** Rows that the table has at most; people do not read more, and browsers tire of them. */
const mostRows = 50;

/**
 * The live streams, those that are published and most watched first: a table, on a narrow screen a
 * small block each.
 */
export function streamList(streams, words) {
  if (streams.length === 0) return [note(words.none)];
  const ordered = streams.toSorted(
    (a, b) => b.publishing - a.publishing || viewersOf(b) - viewersOf(a),
  );
  const list = [table(ordered.slice(0, mostRows), words)];
  if (ordered.length > mostRows) list.push(note(words.more(ordered.length - mostRows)));
  return list;
}

function note(text) {
  const element = document.createElement('p');
  element.className = 'empty';
  element.textContent = text;
  return element;
}

function viewersOf({ viewers }) {
  return Object.values(viewers).reduce((sum, count) => sum + count, 0);
}

function table(streams, words) {
  const element = document.createElement('table');
  const head = element.createTHead().insertRow();
  for (const title of Object.values(words.columns)) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = title;
    head.append(cell);
  }
  const body = element.createTBody();
  for (const stream of streams) addStream(body.insertRow(), stream, words);
  return element;
}

function addStream(row, stream, words) {
  const { columns } = words;
  const cell = (label, ...lines) => {
    const element = row.insertCell();
    element.dataset.label = label;
    const [first, ...more] = lines;
    element.append(first);
    for (const line of more.filter((text) => text !== '')) {
      const small = document.createElement('small');
      small.textContent = line;
      element.append(small);
    }
    return element;
  };
  const name = document.createElement('a');
  name.href = `/player/${encodeURIComponent(stream.name)}`;
  name.textContent = stream.name;
  name.dir = 'auto';
  const first = cell(columns.name, name);
  first.className = 'name';
  if (stream.warnings.length > 0) first.append(warningList(stream.warnings, words.warnings));

  const state = document.createElement('span');
  state.className = stream.publishing ? 'live' : 'still';
  state.textContent = stream.publishing ? words.states.live : words.states.waiting;
  cell(columns.state, state);
  cell(columns.time, stream.publishing ? duration(stream.time / 1000, words.days) : '–');

  const viewers = Object.entries(stream.viewers);
  cell(
    columns.viewers,
    whole(viewersOf(stream)),
    viewers.map(([protocol, count]) => `${protocol} ${count}`).join(', '),
  );
  cell(columns.in, bitRate(stream.bw_in));
  cell(columns.out, bitRate(stream.bw_out));
  cell(columns.video, ...videoLines(stream.video, words));
  cell(columns.audio, ...audioLines(stream.audio, words));
}

/** What its publisher should mend, with the settings that do it. */
function warningList(warnings, words) {
  const list = document.createElement('ul');
  list.className = 'warnings';
  for (const { what, obs, ffmpeg } of warnings.map((code) => words[code])) {
    const [item, strong, first, second, code] = ['li', 'strong', 'span', 'span', 'code'].map(
      (tag) => document.createElement(tag),
    );
    strong.textContent = what;
    first.textContent = `OBS: ${obs}`;
    code.textContent = ffmpeg;
    second.append('ffmpeg: ', code);
    item.append(strong, first, second);
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
  return [`${video.codec}${size}${rate}`, video.profile ?? '', interval];
}

function audioLines(audio, words) {
  if (audio === null) return ['–'];
  const rate = audio.sampleRate === null ? '' : ` ${short(audio.sampleRate / 1000)} kHz`;
  return [`${audio.codec}${rate}`, audio.channels === null ? '' : words.channels(audio.channels)];
}
