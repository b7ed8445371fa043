#include "load.h"

#include <string.h>

/*
 * A body is
 *   video: FLV video tag header (5), NAL length (4), first bytes of a slice (3), stamp (24), filler
 *   audio: FLV audio tag header (2), stamp (24), filler
 * The stamp is "AMSB", stream (5), number (5), time of the write in ns (10). Numbers are written
 * seven bits a byte with the high bit set, so that no start code can appear in the NAL unit.
 */
enum { STAMP = 24, VIDEO_HEAD = 12 + STAMP, AUDIO_HEAD = 2 + STAMP };
enum { FILLER_PHASES = 4096, FILLER_SIZE = MESSAGE_MAX + FILLER_PHASES };

/* The filler differs from message to message by where in this fixed noise it begins. */
static const uint8_t *filler_of(uint32_t number) {
  static uint8_t noise[FILLER_SIZE];
  if (noise[0] == 0) {
    uint32_t x = 2463534242u;
    for (uint32_t i = 0; i < FILLER_SIZE; i++) {
      x ^= x << 13, x ^= x >> 17, x ^= x << 5;
      noise[i] = (uint8_t)(x | 0x80);
    }
  }
  return noise + (number * 131u) % FILLER_PHASES;
}

static void put(uint8_t *to, int digits, uint64_t value) {
  while (digits-- > 0) to[digits] = (uint8_t)(value | 0x80), value >>= 7;
}

static uint64_t get(const uint8_t *from, int digits) {
  uint64_t value = 0;
  while (digits-- > 0) value = value << 7 | (*from++ & 0x7f);
  return value;
}

static bool is_key(const struct plan *p, uint32_t number) { return number % (uint32_t)p->gop == 0; }

static size_t size_of(const struct plan *p, int type, uint32_t number) {
  if (type == AUDIO) return (size_t)p->audio_size;
  return (size_t)(is_key(p, number) ? p->key_size : p->delta_size);
}

ns_t media_due(const struct plan *p, int type, uint32_t number) {
  if (type == AUDIO) return (ns_t)number * 1024 * SECOND_NS / 44100;
  return (ns_t)number * SECOND_NS / (uint32_t)p->fps;
}

uint32_t media_timestamp(const struct plan *p, int type, uint32_t number) {
  return (uint32_t)(media_due(p, type, number) / MILLISECOND_NS);
}

/* Writes what comes before the filler and answers its size. */
static size_t write_head(const struct plan *p, int type, uint32_t stream, uint32_t number, ns_t at,
                         uint8_t *to) {
  size_t head = 2;
  if (type == VIDEO) {
    bool key = is_key(p, number);
    uint32_t nal = (uint32_t)size_of(p, type, number) - 9;
    memcpy(to, key ? "\x17\1\0\0\0" : "\x27\1\0\0\0", 5);
    to[5] = (uint8_t)(nal >> 24), to[6] = (uint8_t)(nal >> 16);
    to[7] = (uint8_t)(nal >> 8), to[8] = (uint8_t)nal;
    memcpy(to + 9, key ? "\x65\x88\x84" : "\x41\x9a\x24", 3);
    head = 12;
  } else {
    memcpy(to, "\xaf\1", 2);
  }
  memcpy(to + head, "AMSB", 4);
  put(to + head + 4, 5, stream);
  put(to + head + 9, 5, number);
  put(to + head + 14, 10, at);
  return head + STAMP;
}

size_t media_body(const struct plan *p, int type, uint32_t stream, uint32_t number, ns_t at,
                  uint8_t *to) {
  size_t head = write_head(p, type, stream, number, at, to), size = size_of(p, type, number);
  memcpy(to + head, filler_of(number) + head, size - head);
  return size;
}

size_t media_config(int type, uint8_t *to) {
  /* Main profile, level 3, 640x360; AAC-LC, 44.1 kHz, stereo. */
  static const uint8_t avc[] = {
      0x17, 0x00, 0x00, 0x00, 0x00, 0x01, 0x4d, 0x40, 0x1e, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x4d, 0x40,
      0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03,
      0x00, 0x32, 0x0f, 0x16, 0x2e, 0x48, 0x01, 0x00, 0x05, 0x68, 0xeb, 0xc3, 0xcb, 0x20};
  static const uint8_t aac[] = {0xaf, 0x00, 0x12, 0x10};
  const uint8_t *from = type == VIDEO ? avc : aac;
  size_t size = type == VIDEO ? sizeof avc : sizeof aac;
  memcpy(to, from, size);
  return size;
}

void body_begin(struct body *b, int type) {
  b->type = (uint8_t)type;
  b->offset = 0;
  b->config = b->corrupt = false;
}

static void read_head(struct body *b) {
  const uint8_t *stamp = b->head + (b->type == VIDEO ? 12 : 2);
  if (memcmp(stamp, "AMSB", 4) != 0) {
    b->corrupt = true;
    return;
  }
  b->stream = (uint32_t)get(stamp + 4, 5);
  b->number = (uint32_t)get(stamp + 9, 5);
  b->sent = get(stamp + 14, 10);
  b->rest = filler_of(b->number);
}

void body_bytes(struct body *b, const uint8_t *bytes, size_t size) {
  uint32_t head = b->type == VIDEO ? VIDEO_HEAD : AUDIO_HEAD;
  while (size > 0 && b->offset < head) {
    b->head[b->offset++] = *bytes++, size--;
    if (b->offset == 2) b->config = b->head[1] == 0;
    if (b->offset == head && !b->config) read_head(b);
  }
  if (size == 0) return;
  if (!b->config && !b->corrupt) {
    bool fits = b->offset + size <= MESSAGE_MAX;
    if (!fits || memcmp(bytes, b->rest + b->offset, size) != 0) b->corrupt = true;
  }
  b->offset += (uint32_t)size;
}

bool check_message(struct check *c, const struct plan *p, uint32_t stream, const struct body *b,
                   uint32_t timestamp) {
  if (b->config || b->offset < 2) return false;
  /* Some servers end a stream's picture with an empty message (AVC end of sequence). */
  if (b->type == VIDEO && b->head[1] == 2) return false;
  uint8_t expected[HEAD_SIZE];
  uint32_t head = b->type == VIDEO ? VIDEO_HEAD : AUDIO_HEAD;
  if (b->corrupt || b->offset < head || b->offset != size_of(p, b->type, b->number)) {
    c->corrupt++;
    return false;
  }
  if (b->stream != stream) {
    c->misplaced++;
    return false;
  }
  write_head(p, b->type, b->stream, b->number, b->sent, expected);
  if (memcmp(expected, b->head, head) != 0) {
    c->corrupt++;
    return false;
  }
  struct track *t = b->type == VIDEO ? &c->video : &c->audio;
  uint32_t shift = timestamp - media_timestamp(p, b->type, b->number);
  if (!t->seen) {
    t->seen = true;
    t->first = b->number;
    t->shift = shift;
    if (b->type == VIDEO && !is_key(p, b->number)) c->delta_first = true;
  } else if (b->number <= t->last) {
    c->repeated++;
    return false;
  } else {
    c->missing += b->number - t->last - 1;
    int32_t drift = (int32_t)(shift - t->shift);
    if (drift < -2 || drift > 2) c->mistimed++;
  }
  t->last = b->number;
  t->got++;
  return true;
}
