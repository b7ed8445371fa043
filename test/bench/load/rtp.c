#include "whep.h"

#include <string.h>

/* Puts the tool's H.264 pictures together again (RFC 6184) and hands them to the checker. */

enum { RTP_HEADER = 12, SPS = 7, PPS = 8, STAP_A = 24, FU_A = 28, KEY_SLICE = 5 };

size_t rtp_head(const uint8_t *packet, size_t size) {
  if (size < RTP_HEADER || packet[0] >> 6 != 2) return 0;
  size_t head = RTP_HEADER + (size_t)(packet[0] & 15) * 4;
  if (packet[0] & 16) {
    if (size < head + 4) return 0;
    head += 4 + (size_t)(packet[head + 2] << 8 | packet[head + 3]) * 4;
  }
  return head <= size ? head : 0;
}

/* A slice begins: what stands before it in an FLV tag body goes first. */
static void begin_slice(struct rtp_video *v, uint8_t first) {
  bool key = (first & 31) == KEY_SLICE;
  uint32_t nal = (uint32_t)(key ? load.plan.key_size : load.plan.delta_size) - 9;
  const uint8_t head[] = {key ? 0x17 : 0x27, 1, 0, 0, 0, (uint8_t)(nal >> 24), (uint8_t)(nal >> 16),
                          (uint8_t)(nal >> 8), (uint8_t)nal, first};
  body_begin(&v->body, VIDEO);
  body_bytes(&v->body, head, sizeof head);
  v->in_frame = true;
}

static void take_unit(struct rtp_video *v, const uint8_t *unit, size_t size) {
  int type = unit[0] & 31;
  if (type == SPS || type == PPS) return;
  if (v->in_frame) v->broken = true;
  begin_slice(v, unit[0]);
  body_bytes(&v->body, unit + 1, size - 1);
}

static void take_payload(struct rtp_video *v, const uint8_t *payload, size_t size) {
  int type = payload[0] & 31;
  if (type == STAP_A) {
    for (size_t at = 1; at + 3 <= size;) {
      size_t unit = (size_t)(payload[at] << 8 | payload[at + 1]);
      if (unit == 0 || at + 2 + unit > size) {
        v->broken = true;
        return;
      }
      take_unit(v, payload + at + 2, unit);
      at += 2 + unit;
    }
  } else if (type == FU_A && size > 2) {
    if (payload[1] & 0x80) begin_slice(v, (uint8_t)((payload[0] & 0xe0) | (payload[1] & 31)));
    if (!v->in_frame) v->broken = true;
    else body_bytes(&v->body, payload + 2, size - 2);
  } else {
    take_unit(v, payload, size);
  }
}

static void finish_frame(struct connection *c, struct rtp_video *v, ns_t arrived) {
  /* Time stamps of the cached pictures that a joiner gets are pressed together; those of pictures
   * published after the mark must go as the publisher's do. */
  bool timed = load.marked_at > 0 && v->body.sent > load.marked_at;
  if (timed && !v->timed) {
    v->timed = true;
    v->origin = v->timestamp - media_timestamp(&load.plan, VIDEO, v->body.number) * 90;
    c->check.video.shift = 0;
  }
  uint32_t ms = timed ? (uint32_t)((int32_t)(v->timestamp - v->origin) / 90)
                      : media_timestamp(&load.plan, VIDEO, v->body.number) + c->check.video.shift;
  connection_message(c, &v->body, ms, arrived);
}

void rtp_video_packet(struct connection *c, struct rtp_video *v, const uint8_t *packet,
                      size_t size, ns_t arrived) {
  size_t head = rtp_head(packet, size);
  if (head == 0 || head >= size) return;
  uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
  uint32_t timestamp = (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 |
                       (uint32_t)packet[6] << 8 | packet[7];
  if (v->seen && sequence != v->next) v->broken = true;
  v->seen = true;
  v->next = (uint16_t)(sequence + 1);
  if (!v->in_frame) v->timestamp = timestamp;
  if (timestamp != v->timestamp) v->broken = true;
  take_payload(v, packet + head, size - head);
  if (!(packet[1] & 0x80)) return;
  if (v->in_frame && !v->broken) finish_frame(c, v, arrived);
  v->in_frame = v->broken = false;
}
