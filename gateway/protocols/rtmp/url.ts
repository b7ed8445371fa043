/**
 * RTMP addresses and the names inside them. There is no standard; this is what encoders and players
 * send: `rtmp://host[:port]/app[/instance]/[prefix:]name[?key=value&…]`, arguments behind the
 * application instead of behind the name, percent-encoded or not.
 */
import { RtmpError } from './errors.ts';

const DEFAULT_RTMP_PORT = 1935;

const MAX_URL_LENGTH = 4096;
const MAX_ARGUMENTS = 64;
/** Container prefixes of Flash Media Server: `mp4:lesson.mp4`. */
const namePrefix = /^(mp4|mp3|flv|f4v|id3|raw):/i;

/** Arguments in their order; a key may come twice, a value may be empty. */
export type Arguments = [key: string, value: string][];

export interface RtmpAddress {
  /** Without brackets, when it is an IPv6 address. */
  host: string;
  port: number;
  app: string;
  /** Path parts between application and stream, such as `_definst_`; mostly empty. */
  instance: string;
  args: Arguments;
}

export interface StreamName {
  /** The container that the client named before a colon, lower case; mostly empty. */
  prefix: string;
  name: string;
  args: Arguments;
}

export interface RtmpUrl extends RtmpAddress, StreamName {
  /** The parts as they stood in the URL, which is how a client says them to the server. */
  wire: { app: string; tcUrl: string; name: string };
}

/**
 * Parses the address of a stream, or of an application, of which `name` is then empty. Arguments
 * behind the application come first. Throws `RtmpError` with what is wrong.
 */
export function parseRtmpUrl(url: string): RtmpUrl {
  const { origin, host, port, path } = splitAuthority(url);
  const [appPath, name] = splitPath(path);
  const application = splitApp(appPath);
  if (application.app === '') throw badUrl(url, 'no application; expected rtmp://host/app/name');
  const stream = parseStreamName(name);
  return {
    host,
    port,
    app: application.app,
    instance: application.instance,
    prefix: stream.prefix,
    name: stream.name,
    args: [...application.args, ...stream.args],
    wire: { app: appPath, tcUrl: `${origin}/${appPath}`, name },
  };
}

/**
 * Splits `app/instance/name?args` before the name. Arguments may contain slashes, so the last one is
 * not always it: in `app/name?token=a/b` it is the one before the question mark, while in
 * `app?key=value/name`, where none is before it, it is the last.
 */
function splitPath(path: string): [app: string, name: string] {
  const query = path.indexOf('?');
  const beforeQuery = query === -1 ? path.lastIndexOf('/') : path.lastIndexOf('/', query);
  const slash = beforeQuery === -1 ? path.lastIndexOf('/') : beforeQuery;
  return slash === -1 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
}

/**
 * Parses what `connect` tells: its `app` and, when there is one, its `tcUrl`. The arguments are
 * those of `app`, or of `tcUrl` when `app` has none. A `tcUrl` that makes no sense is left aside,
 * since some clients send none and the application is all that is needed; `host` is then empty.
 */
export function parseConnect(app: string | undefined, tcUrl: string | undefined): RtmpAddress {
  checkLength(app ?? '');
  let address: RtmpAddress = { host: '', port: DEFAULT_RTMP_PORT, app: '', instance: '', args: [] };
  if (tcUrl !== undefined) {
    try {
      const { host, port, path } = splitAuthority(tcUrl);
      address = { host, port, ...splitApp(path) };
    } catch (error) {
      if (!(error instanceof RtmpError) || app === undefined || app === '') throw error;
    }
  }
  if (app === undefined || app === '') return address;
  const own = splitApp(app);
  return { ...address, ...own, args: own.args.length > 0 ? own.args : address.args };
}

/** Parses the stream name of `publish` or `play`. */
export function parseStreamName(text: string): StreamName {
  checkLength(text);
  const [path, query] = splitOnce(text, '?');
  const prefix = namePrefix.exec(path)?.[1] ?? '';
  const name = prefix === '' ? path : path.slice(prefix.length + 1);
  return { prefix: prefix.toLowerCase(), name: percentDecode(name), args: parseArguments(query) };
}

/**
 * Parses `key=value&key=value`. A plus sign stays one, because tokens are often Base64. Throws
 * `RtmpError` beyond 64 arguments.
 */
export function parseArguments(query: string): Arguments {
  const parts = query.split('&').filter((part) => part !== '');
  if (parts.length > MAX_ARGUMENTS) {
    throw new RtmpError(
      'RTMP_BAD_URL',
      `${parts.length} arguments in an RTMP address; at most ${MAX_ARGUMENTS} are taken.`,
    );
  }
  return parts.map((part) => {
    const [key, value] = splitOnce(part, '=');
    return [percentDecode(key), percentDecode(value)];
  });
}

function splitAuthority(url: string): { origin: string; host: string; port: number; path: string } {
  checkLength(url);
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?]*)\/*(.*)$/is.exec(url);
  if (match === null) throw badUrl(url, 'expected rtmp://host[:port]/app/name');
  const [, scheme = '', authority = '', path = ''] = match;
  if (scheme.toLowerCase() !== 'rtmp') throw badUrl(url, `scheme ${scheme}; expected rtmp`);
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^[\]:@\s]+))(?::(\d{1,5}))?$/i.exec(authority);
  if (parts === null) {
    const what = authority.includes('@')
      ? 'a user name, which is not taken'
      : 'not a host and port';
    throw badUrl(url, `${what}; expected rtmp://host[:port]/app/name`);
  }
  const [, address, name, digits] = parts;
  const port = digits === undefined ? DEFAULT_RTMP_PORT : Number(digits);
  if (port < 1 || port > 65535) throw badUrl(url, `port ${port}; expected 1 to 65535`);
  return { origin: `rtmp://${authority}`, host: address ?? name ?? '', port, path };
}

function splitApp(text: string): { app: string; instance: string; args: Arguments } {
  const [path, query] = splitOnce(text, '?');
  const [app = '', ...instance] = path.split('/').filter((part) => part !== '');
  return {
    app: percentDecode(app),
    instance: percentDecode(instance.join('/')),
    args: parseArguments(query),
  };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** What is not valid percent-encoding stays as it is: encoders send `100%` too. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function checkLength(text: string): void {
  if (text.length > MAX_URL_LENGTH) {
    throw new RtmpError(
      'RTMP_BAD_URL',
      `An RTMP address of ${text.length} characters; at most ${MAX_URL_LENGTH} are taken.`,
    );
  }
}

function badUrl(url: string, what: string): RtmpError {
  // Without user and arguments: they may be secrets, and messages end up in logs.
  const shown = splitOnce(url, '?')[0]
    .replace(/\/\/[^/]*@/, '//')
    .slice(0, 200);
  return new RtmpError('RTMP_BAD_URL', `Not an RTMP address: ${JSON.stringify(shown)}: ${what}.`);
}
