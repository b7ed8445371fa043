import { spawnSync } from 'node:child_process';
import { PYTHON, startPython, type PythonClient } from './python-client.ts';
import type { Scope } from './scope.ts';

/** Fails unless Python knows GStreamer's WebRTC, and GStreamer its ICE and its codecs. */
const probe = [
  'import gi',
  "gi.require_version('GstWebRTC', '1.0')",
  'from gi.repository import Gst, GstWebRTC',
  'Gst.init(None)',
  "needed = 'webrtcbin nicesrc dtlsdec srtpdec avdec_h264 opusdec openh264enc opusenc'",
  'assert all(map(Gst.ElementFactory.find, needed.split()))',
].join('\n');

/** Why tests with GStreamer cannot run; false where they can. */
export const gstreamerMissing = (): string | false =>
  spawnSync(PYTHON, ['-c', probe]).status === 0
    ? false
    : 'GStreamer is not installed (Debian packages python3-gi, gir1.2-gst-plugins-bad-1.0, ' +
      'gstreamer1.0-plugins-bad, gstreamer1.0-plugins-good, gstreamer1.0-nice, gstreamer1.0-libav)';

/** Starts GStreamer's WebRTC on a WHEP or WHIP address. */
export const startGStreamer = (scope: Scope, kind: 'whep' | 'whip', url: string): PythonClient =>
  startPython(scope, 'gstreamer_client.py', [kind, url]);
