// Makes gateway/library/sample/1.mp4, the programme that plays when the library has none of that
// name: a minute of a running clock, with a short tone as each second begins.
// Beside it, 1.jpg, its picture in lists of files.
// It needs ffmpeg with drawtext: `node tools/sample-programme.mjs`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../gateway/library/sample/1.mp4', import.meta.url));
const seconds = 60;

const picture = [
  `color=c=0x16324f:size=640x360:rate=25:duration=${seconds}`,
  // A bar crosses the picture once a second, so that a glance tells whether it moves smoothly.
  `drawbox=x='mod(t,1)*(iw-24)':y=ih-36:w=24:h=12:color=0xf2b134:t=fill`,
  `drawtext=text='AMS Gateway':fontcolor=0xffffff@0.7:fontsize=28:x=(w-tw)/2:y=56`,
  `drawtext=text='%{pts\\:hms}':fontcolor=white:fontsize=76:x=(w-tw)/2:y=(h-th)/2`,
].join(',');
const tone = `aevalsrc='0.4*sin(2*PI*880*t)*lt(mod(t,1),0.1)':s=44100:d=${seconds}`;

const ffmpeg = (...args) => {
  const quiet = ['-hide_banner', '-loglevel', 'error', '-y', '-bitexact'];
  const { status } = spawnSync('ffmpeg', [...quiet, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

ffmpeg(
  ...['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', tone],
  ...['-c:v', 'libx264', '-preset', 'veryslow', '-profile:v', 'main', '-bf', '0', '-crf', '27'],
  ...['-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-pix_fmt', 'yuv420p'],
  ...['-c:a', 'aac', '-b:a', '32k', '-ac', '1', '-movflags', '+faststart', target],
);
ffmpeg('-ss', '5', '-i', target, '-frames:v', '1', '-q:v', '4', target.replace(/mp4$/, 'jpg'));
