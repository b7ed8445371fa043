#include "whep.h"

#include <string.h>

/* Transport-wide congestion feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1). */

/* The value of the sequence number's extension; -1 when it is not there. */
static int sequence_of(const uint8_t *packet, size_t size) {
  size_t end = rtp_head(packet, size), at = 12 + (size_t)(packet[0] & 15) * 4 + 4;
  if (end == 0 || !(packet[0] & 16)) return -1;
  while (at < end) {
    int id = packet[at] >> 4;
    size_t length = (size_t)(packet[at] & 15) + 1;
    if (packet[at] == 0) at++;
    else if (id == TWCC_ID && at + 2 < end) return packet[at + 1] << 8 | packet[at + 2];
    else at += 1 + length;
  }
  return -1;
}

void twcc_note(struct twcc *t, const uint8_t *packet, size_t size, ns_t arrived) {
  int sequence = sequence_of(packet, size);
  if (sequence < 0) return;
  if (!t->seen) t->first = (uint16_t)sequence, t->seen = true;
  uint16_t place = (uint16_t)(sequence - t->first);
  if (place >= TWCC_MAX) return;
  while (t->count <= place) t->at[t->count++] = 0;
  t->at[place] = arrived;
}

size_t twcc_write(struct twcc *t, uint8_t *to, uint32_t media_ssrc) {
  static const ns_t TICK = 250000;
  if (!t->seen || t->count == 0) return 0;
  ns_t reference = 0, last;
  for (int i = 0; i < t->count && reference == 0; i++) reference = t->at[i] / (64 * MILLISECOND_NS);
  last = reference * 64 * MILLISECOND_NS;
  uint8_t deltas[TWCC_MAX * 2];
  size_t chunks = 20, size = 0;
  for (int i = 0; i < t->count; i += 7) {
    /* One status vector of two bits for each of seven packets. */
    uint16_t chunk = 0xc000;
    for (int k = 0; k < 7 && i + k < t->count; k++) {
      ns_t at = t->at[i + k];
      if (at == 0) continue;
      int64_t ticks = ((int64_t)at - (int64_t)last) / (int64_t)TICK;
      bool small = ticks >= 0 && ticks < 256;
      chunk |= (uint16_t)((small ? 1 : 2) << (12 - 2 * k));
      if (!small) deltas[size++] = (uint8_t)(ticks >> 8);
      deltas[size++] = (uint8_t)ticks;
      last = (ns_t)((int64_t)last + ticks * (int64_t)TICK);
    }
    to[chunks++] = (uint8_t)(chunk >> 8), to[chunks++] = (uint8_t)chunk;
  }
  memcpy(to + chunks, deltas, size);
  size += chunks;
  size_t padding = (4 - size % 4) % 4;
  memset(to + size, 0, padding);
  if (padding > 0) to[size + padding - 1] = (uint8_t)padding;
  size += padding;
  uint32_t words[3] = {1, media_ssrc,
                       (uint32_t)t->first << 16 | t->count};
  to[0] = (uint8_t)(0x8f | (padding > 0 ? 0x20 : 0)), to[1] = 205;
  to[2] = (uint8_t)((size / 4 - 1) >> 8), to[3] = (uint8_t)(size / 4 - 1);
  for (int i = 0; i < 12; i++) to[4 + i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
  to[16] = (uint8_t)(reference >> 16), to[17] = (uint8_t)(reference >> 8), to[18] = (uint8_t)reference;
  to[19] = t->number++;
  t->first = (uint16_t)(t->first + t->count);
  t->count = 0;
  return size;
}
