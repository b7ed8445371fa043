import type { Argument, Session } from '../../sessions/session.ts';
import type { NotifyPlan } from './plan.ts';

/** The callbacks of a session; the first of each kind is asked, the others are told. */
export type Call = 'publish' | 'publish_done' | 'play' | 'play_done' | 'update_publish';

/** A name and its value, in the order in which they are sent. */
export type Field = readonly [name: string, value: string];

/** Every name that the server sets in some callback; no client may choose one of these. */
const serverFields: ReadonlySet<string> = new Set([
  'app',
  'clientid',
  'call',
  'name',
  'addr',
  'protocol',
  'uri',
  'time',
  'timestamp',
  'totlebyte',
  'dropped',
  'curtime',
  'event_id',
  'duration',
  'size',
  'fps',
  'bitrate',
  'wh',
  'file',
  'filename',
  'filepath',
  'jpgpath',
  'error',
  'streamname',
]);

/**
 * The fields of one callback about a session.
 *
 * @param now wall clock, ms since 1970
 */
export function callbackFields(
  session: Session,
  plan: NotifyPlan,
  call: Call,
  eventId: string,
  now: number,
): Field[] {
  const { details } = session;
  const http = plan.family === 'http';
  const fields: Field[] = [
    ['app', plan.app],
    ['clientid', String(details.clientId)],
    ['call', call],
  ];
  // Over HTTP the name comes with `play` only.
  if (!http || call === 'play') fields.push(['name', details.name]);
  fields.push(['addr', details.addr], ['protocol', details.protocol]);
  if (details.uri !== undefined) fields.push(['uri', details.uri]);
  if (call !== 'publish' && call !== 'play') fields.push(...figures(session, http, call, now));
  if (http) fields.push(['curTime', String(Math.floor(now / 1000))]);
  fields.push(['event_id', eventId], ...clientArguments(details.args));
  return fields;
}

/** The form body, `application/x-www-form-urlencoded` in UTF-8. */
export function formBody(fields: readonly Field[]): string {
  return new URLSearchParams(
    fields.map(([name, value]): [string, string] => [name, value]),
  ).toString();
}

/**
 * A client's arguments without those that a receiver could take for the server's own fields.
 *
 * Receivers bend names before they look them up: PHP drops leading white space, turns ` ` and `.`
 * into `_`, cuts at a NUL, and reads `call[x]` as a new value of `call`; ASP.NET ignores case. An
 * argument whose name bends to a server field is left out.
 */
export function clientArguments(args: readonly Argument[]): Field[] {
  return args.filter(([name]) => !serverFields.has(bent(name)));
}

function figures(session: Session, http: boolean, call: Call, now: number): Field[] {
  const fields: Field[] = [['time', String(Math.max(0, Math.floor((now - session.since) / 1000)))]];
  if (!http) fields.push(['timestamp', String(Math.round(session.timestamp))]);
  fields.push(['totlebyte', String(session.bytes)]);
  if (call === 'update_publish') fields.push(['dropped', String(session.dropped)]);
  return fields;
}

function bent(name: string): string {
  const end = name.search(/[[\0]/);
  return (end > 0 ? name.slice(0, end) : name).trim().replace(/[ .]/g, '_').toLowerCase();
}
