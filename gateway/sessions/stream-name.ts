/** What a stream's or file's name may be: letters and digits of any script, `_ - . @ ~`. */
const ALLOWED = /^[\p{L}\p{M}\p{N}_\-.@~]+$/u;
const MAX_CHARACTERS = 128;

const MEDIA_EXTENSION = /\.(mp4|flv|ts|m3u8|m4s)$/i;

/** Words that the HTTP routes use; a stream `stat` would hide behind `/stat`. */
const RESERVED = new Set([
  'cfg',
  'control',
  'stat',
  'live',
  'vod',
  'player',
  'publish',
  'upload',
  'metrics',
  'healthz',
  'assets',
  'player.js',
  'favicon.ico',
  'robots.txt',
]);

/**
 * Why a live stream may not have this name, as a sentence; undefined when it may.
 * A name is never normalised: what is not allowed is refused.
 */
export function refuseStreamName(name: string): string | undefined {
  const reason = refuseFileName(name);
  if (reason) return reason;
  if (MEDIA_EXTENSION.test(name)) return `The name ${quote(name)} ends like a media file.`;
  if (RESERVED.has(name.toLowerCase())) return `The name ${quote(name)} is a word of the server's.`;
  return undefined;
}

/** The same for a media file's name, which has an extension. */
export function refuseFileName(name: string): string | undefined {
  if (name === '') return 'The name is missing.';
  const characters = [...name].length;
  if (characters > MAX_CHARACTERS) {
    return `The name has ${characters} characters; ${MAX_CHARACTERS} are allowed.`;
  }
  if (name.startsWith('.')) return `The name ${quote(name)} begins with a dot.`;
  if (!ALLOWED.test(name)) {
    return `The name ${quote(name)} has other characters than letters, digits, _ - . @ ~.`;
  }
  return undefined;
}

const quote = (text: string): string => JSON.stringify(text);
