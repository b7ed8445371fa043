/**
 * A recording's file name without extension, `NAME_YYYYMMDDhhmmss` in local time.
 * @param time ms since 1970
 */
export function recordingName(name: string, time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const clock = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  return `${name}_${day}${clock}`;
}

/** Whether a file's name is one that the recorder gives, or a recording's MP4 or picture. */
export function isRecordingName(fileName: string): boolean {
  return /_\d{14}\.(flv|mp4|jpg)$/.test(fileName);
}
