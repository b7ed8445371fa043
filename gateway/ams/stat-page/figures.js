/** Numbers as people read them. */

/** Bits a second: `640 kbit/s`, `12.4 Mbit/s`. */
export function bitRate(bits) {
  if (bits < 1e6) return `${Math.round(bits / 1e3)} kbit/s`;
  if (bits < 1e9) return `${short(bits / 1e6)} Mbit/s`;
  return `${short(bits / 1e9)} Gbit/s`;
}

/** Bytes: `84 MB`. */
export function byteSize(bytes) {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${short(bytes / 1e9)} GB`;
}

/** Milliseconds: `0.4 ms`. */
export function milliseconds(ms) {
  return `${short(ms)} ms`;
}

/** Seconds as `3:07:42`, with days before them. */
export function duration(seconds, days) {
  const two = (value) => String(Math.floor(value)).padStart(2, '0');
  const clock = `${Math.floor(seconds / 3600) % 24}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 86_400 ? clock : `${Math.floor(seconds / 86_400)} ${days} ${clock}`;
}

/** A whole number with its thousands apart. */
export function whole(value) {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', '\u2009');
}

/** One decimal where it says something. */
export function short(value) {
  return value < 100 ? String(Math.round(value * 10) / 10) : whole(value);
}
