"""An independent WebRTC client (GStreamer's webrtcbin) for the interop tests.

    gstreamer_client.py whep URL    plays until two seconds of both kinds have come, prints what came
    gstreamer_client.py whip URL    publishes a test picture and a tone until standard input ends

What it finds is printed as one line of JSON.
"""

import json
import signal
import sys
import threading
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

SECONDS = 2
WANTED = (
    "application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,"
    "encoding-params=(string)2",
)


PICTURE = (
    "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=25/1"
    " ! openh264enc gop-size=25 ! h264parse ! rtph264pay config-interval=-1 aggregate-mode=zero-latency"
    " ! capsfilter caps=application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000,"
    "packetization-mode=(string)1"
)
TONE = (
    "audiotestsrc is-live=true volume=0.5 ! audio/x-raw,rate=48000,channels=2"
    " ! opusenc ! rtpopuspay"
    " ! capsfilter caps=application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000"
)


class Client:
    """A pipeline around one webrtcbin that asks an address with its offer."""

    def __init__(self, url):
        self.url = url
        self.location = None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline.new(None)
        self.peer = Gst.ElementFactory.make("webrtcbin", None)
        self.peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.peer)
        self.peer.connect("notify::ice-gathering-state", self.on_gathering)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.on_error)

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.prepare()
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        urllib.request.urlopen(urllib.request.Request(self.location, method="DELETE"))

    def on_error(self, _bus, message):
        print(message.parse_error(), file=sys.stderr)
        sys.exit(1)

    def on_offer(self, promise):
        promise.wait()
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())

    def on_gathering(self, peer, _name):
        state = peer.get_property("ice-gathering-state")
        if state == GstWebRTC.WebRTCICEGatheringState.COMPLETE and self.location is None:
            GLib.idle_add(self.ask)

    def ask(self):
        offer = self.peer.get_property("local-description").sdp.as_text()
        headers = {"content-type": "application/sdp", "authorization": "Bearer gstreamer"}
        request = urllib.request.Request(self.url, data=offer.encode(), headers=headers)
        with urllib.request.urlopen(request) as response:
            self.location = urllib.parse.urljoin(self.url, response.headers["location"])
            answer = response.read()
        _, sdp = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(answer, sdp)
        kind = GstWebRTC.WebRTCSDPType.ANSWER
        description = GstWebRTC.WebRTCSessionDescription.new(kind, sdp)
        self.peer.emit("set-remote-description", description, Gst.Promise.new())
        self.answered()
        return False

    def answered(self):
        pass


class Publisher(Client):
    def prepare(self):
        pass

    def __init__(self, url):
        super().__init__(url)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
        for index, description in enumerate((PICTURE, TONE)):
            source = Gst.parse_bin_from_description(description, True)
            self.pipeline.add(source)
            source.link(self.peer)
            self.peer.emit("get-transceiver", index).set_property("direction", direction)

    def answered(self):
        print(json.dumps({"location": self.location}), flush=True)
        threading.Thread(target=self.wait, daemon=True).start()

    def wait(self):
        sys.stdin.read()
        GLib.idle_add(self.loop.quit)


class Viewer(Client):
    def __init__(self, url):
        super().__init__(url)
        self.got = {}
        self.peer.connect("pad-added", self.on_pad)

    def prepare(self):
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        for caps in WANTED:
            self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(caps))

    def on_pad(self, _peer, pad):
        decoder = Gst.ElementFactory.make("decodebin", None)
        decoder.connect("pad-added", self.on_decoded)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def on_decoded(self, _decoder, pad):
        caps = pad.get_current_caps().get_structure(0)
        kind = caps.get_name().split("/")[0]
        sink = Gst.ElementFactory.make("fakesink", None)
        sink.set_property("signal-handoffs", True)
        facts = {"times": []}
        if kind == "video":
            facts["width"] = caps.get_value("width")
            facts["height"] = caps.get_value("height")
        else:
            facts["rate"] = caps.get_value("rate")
        sink.connect("handoff", self.on_buffer, kind, facts)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def on_buffer(self, _sink, buffer, _pad, kind, facts):
        times = facts["times"]
        if kind in self.got:
            return
        times.append(buffer.pts)
        if times[-1] - times[0] < SECONDS * Gst.SECOND:
            return
        back = sum(later <= before for before, later in zip(times, times[1:]))
        facts = {name: value for name, value in facts.items() if name != "times"}
        self.got[kind] = {**facts, "count": len(times), "back": back}
        if len(self.got) == 2:
            print(json.dumps(self.got), flush=True)
            GLib.idle_add(self.loop.quit)


signal.alarm(60)
Gst.init(None)
{"whep": Viewer, "whip": Publisher}[sys.argv[1]](sys.argv[2]).run()
