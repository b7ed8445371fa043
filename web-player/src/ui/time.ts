/** Seconds as `m:ss` or `h:mm:ss`. */
export function clockTime(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '0:00';
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** A delay in seconds with as many digits as say something. */
export function shortSeconds(seconds: number): string {
  return seconds < 1 ? seconds.toFixed(2) : seconds.toFixed(1);
}

/** Seconds with a tenth where that says something: `2`, `1.4`. */
export function roundSeconds(seconds: number): string {
  return String(Math.round(seconds * 10) / 10);
}

/** Bits a second for people. */
export function bitRate(bitsPerSecond: number): string {
  return bitsPerSecond < 1_000_000
    ? `${Math.round(bitsPerSecond / 1000)} kbit/s`
    : `${(bitsPerSecond / 1_000_000).toFixed(1)} Mbit/s`;
}

/** Milliseconds as the clock of the sample programme shows them: `hh:mm:ss.mmm`. */
export function programmeTime(milliseconds: number): string {
  return new Date(Math.max(0, milliseconds)).toISOString().slice(11, 23);
}
