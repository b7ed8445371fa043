"""An independent WebRTC client (aiortc) for the interop tests.

    aiortc_client.py whep URL    plays until two seconds of both kinds have come, prints what came
    aiortc_client.py whip URL    publishes a test picture and a tone until standard input ends

What it finds is printed as one line of JSON.
"""

import asyncio
import fractions
import json
import math
import signal
import sys
import urllib.parse
import urllib.request

import av
import numpy
from aiortc import (
    MediaStreamTrack,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    VideoStreamTrack,
)

SECONDS = 2


class Tone(MediaStreamTrack):
    """A sine of 440 Hz at half scale, in frames of 20 ms."""

    kind = "audio"
    rate = 48000
    samples = 960

    def __init__(self):
        super().__init__()
        self.position = 0
        self.begun = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self.begun = self.begun or loop.time()
        await asyncio.sleep(max(0, self.begun + self.position / self.rate - loop.time()))
        times = (numpy.arange(self.samples) + self.position) / self.rate
        wave = (numpy.sin(times * 2 * math.pi * 440) * 16384).astype(numpy.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self.rate
        frame.pts = self.position
        frame.time_base = fractions.Fraction(1, self.rate)
        self.position += self.samples
        return frame


async def ask(peer, url):
    await peer.setLocalDescription(await peer.createOffer())
    request = urllib.request.Request(
        url,
        data=peer.localDescription.sdp.encode(),
        headers={"content-type": "application/sdp", "authorization": "Bearer aiortc"},
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 201, response.status
        location = urllib.parse.urljoin(url, response.headers["location"])
        answer = response.read().decode()
    await peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    return location


def leave(location):
    urllib.request.urlopen(urllib.request.Request(location, method="DELETE"))


async def whep(url):
    peer = RTCPeerConnection()
    kinds = [peer.addTransceiver(kind, direction="recvonly") for kind in ("video", "audio")]
    location = await ask(peer, url)
    video, audio = (one.receiver.track for one in kinds)

    async def pictures():
        times = []
        while not times or times[-1] - times[0] < SECONDS:
            frame = await video.recv()
            times.append(frame.time)
        steps = [later - before for before, later in zip(times, times[1:])]
        back = sum(step <= 0 for step in steps)
        return {"width": frame.width, "height": frame.height, "frames": len(times), "back": back}

    async def sound():
        total, count = 0.0, 0
        while count < SECONDS * 48000:
            frame = await audio.recv()
            wave = frame.to_ndarray().astype(float) / 32768
            # What comes first has no sound in it: it prepares browsers' buffers.
            if count == 0 and not wave.any():
                continue
            total += float((wave**2).sum()) / len(frame.layout.channels)
            count += frame.samples
        return {"rate": frame.sample_rate, "level": math.sqrt(total / count)}

    got = await asyncio.wait_for(asyncio.gather(pictures(), sound()), 40)
    print(json.dumps({"video": got[0], "audio": got[1]}), flush=True)
    leave(location)
    await peer.close()


async def whip(url):
    peer = RTCPeerConnection()
    video = peer.addTransceiver(VideoStreamTrack(), direction="sendonly")
    peer.addTransceiver(Tone(), direction="sendonly")
    capabilities = RTCRtpSender.getCapabilities("video").codecs
    video.setCodecPreferences([one for one in capabilities if one.mimeType == "video/H264"])
    location = await ask(peer, url)
    print(json.dumps({"location": location}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    leave(location)
    await peer.close()


# A thread of aiortc's that died would keep the process for ever.
signal.alarm(60)
asyncio.run({"whep": whep, "whip": whip}[sys.argv[1]](sys.argv[2]))
