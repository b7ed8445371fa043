#include "load.h"

#include <stdlib.h>
#include <string.h>

/* The client's side of RTMP 1.0 as far as a publisher or a player needs it. */

enum { HANDSHAKE = 1536, OUT_CHUNK = 4096, MEDIA_STREAM = 1 };
enum { SET_CHUNK_SIZE = 1, ACKNOWLEDGEMENT = 3, USER_CONTROL = 4, WINDOW_SIZE = 5, COMMAND = 20 };

/* ---- AMF0 ---- */

static uint8_t *write_string(uint8_t *to, const char *text, bool marker) {
  size_t size = strlen(text);
  if (marker) *to++ = 2;
  *to++ = (uint8_t)(size >> 8);
  *to++ = (uint8_t)size;
  memcpy(to, text, size);
  return to + size;
}

static uint8_t *write_number(uint8_t *to, double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  *to++ = 0;
  for (int shift = 56; shift >= 0; shift -= 8) *to++ = (uint8_t)(bits >> shift);
  return to;
}

static uint8_t *write_property(uint8_t *to, const char *name, const char *value) {
  return write_string(write_string(to, name, false), value, true);
}

static double read_number(const uint8_t *from) {
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++) bits = bits << 8 | from[i];
  double value;
  memcpy(&value, &bits, 8);
  return value;
}

/* ---- sending ---- */

static uint8_t *big_endian(uint8_t *to, int bytes, uint32_t value) {
  for (int i = bytes - 1; i >= 0; i--) *to++ = (uint8_t)(value >> (8 * i));
  return to;
}

/* 5.3.1.2.1: a type 0 header, then the body. `size` is at most one chunk of 128 bytes or, after
 * our Set Chunk Size, of 4096. */
static void send_message(struct connection *c, int chunk_stream, int type, uint32_t stream,
                         const uint8_t *body, size_t size) {
  uint8_t message[12 + COMMAND_MAX], *to = message;
  *to++ = (uint8_t)chunk_stream;
  to = big_endian(to, 3, 0);
  to = big_endian(to, 3, (uint32_t)size);
  *to++ = (uint8_t)type;
  for (int i = 0; i < 4; i++) *to++ = (uint8_t)(stream >> (8 * i));
  memcpy(to, body, size);
  connection_send(c, message, 12 + size);
}

static void send_control(struct connection *c, int type, uint32_t value) {
  uint8_t body[4];
  big_endian(body, 4, value);
  send_message(c, 2, type, 0, body, 4);
}

static void send_connect(struct connection *c) {
  uint8_t body[512], *to = body;
  char url[200];
  snprintf(url, sizeof url, "rtmp://127.0.0.1:%d/%s", load.port, load.app);
  to = write_number(write_string(to, "connect", true), 1);
  *to++ = 3;
  to = write_property(to, "app", load.app);
  to = write_property(to, "flashVer", "FMLE/3.0 (compatible; bench)");
  to = write_property(to, "tcUrl", url);
  to = big_endian(to, 3, 9);
  send_message(c, 3, COMMAND, 0, body, (size_t)(to - body));
}

static void send_create_stream(struct connection *c) {
  uint8_t body[64], *to = write_number(write_string(body, "createStream", true), 2);
  *to++ = 5;
  send_message(c, 3, COMMAND, 0, body, (size_t)(to - body));
}

static void send_start(struct connection *c) {
  uint8_t body[256], *to = body;
  char name[100];
  snprintf(name, sizeof name, "%s%u", load.name, c->stream);
  bool publish = c->protocol == RTMP_PUBLISH;
  to = write_number(write_string(to, publish ? "publish" : "play", true), 3);
  *to++ = 5;
  to = write_string(to, name, true);
  to = publish ? write_string(to, "live", true) : write_number(to, -2000);
  send_message(c, 8, COMMAND, MEDIA_STREAM, body, (size_t)(to - body));
  if (publish) return;
  /* 7.1.7: SetBufferLength of 100 ms, as players send it. */
  uint8_t buffer[10];
  big_endian(big_endian(big_endian(buffer, 2, 3), 4, MEDIA_STREAM), 4, 100);
  send_message(c, 2, USER_CONTROL, 0, buffer, 10);
}

void rtmp_media(struct connection *c, int type, uint32_t timestamp, uint32_t step, bool first,
                const uint8_t *body, size_t size) {
  static uint8_t message[12 + MESSAGE_MAX + MESSAGE_MAX / OUT_CHUNK + 1];
  uint8_t *to = message;
  int chunk_stream = type == VIDEO ? 6 : 4;
  *to++ = (uint8_t)((first ? 0 : 0x40) | chunk_stream);
  to = big_endian(to, 3, first ? timestamp : step);
  to = big_endian(to, 3, (uint32_t)size);
  *to++ = (uint8_t)type;
  if (first) *to++ = MEDIA_STREAM, to = big_endian(to, 3, 0);
  for (size_t done = 0; done < size;) {
    size_t part = size - done < OUT_CHUNK ? size - done : OUT_CHUNK;
    if (done > 0) *to++ = (uint8_t)(0xc0 | chunk_stream);
    memcpy(to, body + done, part);
    to += part, done += part;
  }
  connection_send(c, message, (size_t)(to - message));
}

/* ---- receiving ---- */

void rtmp_begin(struct connection *c) {
  struct rtmp *r = &c->rtmp;
  memset(r, 0, sizeof *r);
  r->chunk_size = 128;
  r->handshake = calloc(1, 1 + 2 * HANDSHAKE);
  if (r->handshake == NULL) abort();
  uint8_t hello[1 + HANDSHAKE] = {3};
  for (int i = 9; i <= HANDSHAKE; i++) hello[i] = (uint8_t)(i * 31);
  connection_send(c, hello, sizeof hello);
}

/* S0, S1 and S2 come in; C2 is the echo of S1. Answers how many bytes it took. */
static size_t read_handshake(struct connection *c, const uint8_t *bytes, size_t size) {
  struct rtmp *r = &c->rtmp;
  size_t part = 1 + 2 * HANDSHAKE - r->handshake_got;
  if (part > size) part = size;
  memcpy(r->handshake + r->handshake_got, bytes, part);
  r->handshake_got += (uint32_t)part;
  if (r->handshake_got < 1 + 2 * HANDSHAKE) return part;
  connection_send(c, r->handshake + 1, HANDSHAKE);
  free(r->handshake);
  r->handshake = NULL;
  send_control(c, SET_CHUNK_SIZE, OUT_CHUNK);
  send_connect(c);
  return part;
}

static void read_command(struct connection *c, const uint8_t *body, size_t size) {
  if (size < 3 || body[0] != 2) return;
  size_t name = (size_t)body[1] << 8 | body[2];
  const uint8_t *rest = body + 3 + name;
  if (size < 3 + name + 9) return;
  double transaction = read_number(rest + 1);
  const char *text = (const char *)body + 3;
  if (name == 7 && memcmp(text, "_result", 7) == 0) {
    if (transaction == 1) send_create_stream(c);
    if (transaction == 2) send_start(c);
    return;
  }
  bool error = name == 6 && memcmp(text, "_error", 6) == 0;
  const uint8_t *code = memmem(body, size, "\0\4code\2", 7);
  if (!error && code == NULL) return;
  size_t shown = 0;
  if (code != NULL && code + 9 <= body + size) {
    shown = (size_t)code[7] << 8 | code[8];
    if (code + 9 + shown > body + size) shown = 0;
    text = (const char *)code + 9;
  }
  if (shown == 23 && memcmp(text, "NetStream.Publish.Start", 23) == 0) connection_running(c);
  if (error || memmem(body, size, "\2\0\5error", 8) != NULL)
    connection_close(c, "refused: %.*s", (int)(shown > 60 ? 60 : shown), text);
}

static uint32_t number_at(const uint8_t *from, int bytes) {
  uint32_t value = 0;
  while (bytes-- > 0) value = value << 8 | *from++;
  return value;
}

static void message_end(struct connection *c, struct chunk_stream *s, ns_t arrived) {
  struct rtmp *r = &c->rtmp;
  if (s->type == AUDIO || s->type == VIDEO) {
    if (c->protocol == RTMP_PLAY) connection_message(c, &s->body, s->timestamp, arrived);
    return;
  }
  const uint8_t *body = s->command;
  size_t size = s->length < COMMAND_MAX ? s->length : COMMAND_MAX;
  if (s->type == SET_CHUNK_SIZE && size >= 4) r->chunk_size = number_at(body, 4);
  if (s->type == WINDOW_SIZE && size >= 4) r->window = number_at(body, 4);
  if (s->type == USER_CONTROL && size >= 6 && number_at(body, 2) == 6) {
    uint8_t pong[6] = {0, 7, body[2], body[3], body[4], body[5]};
    send_message(c, 2, USER_CONTROL, 0, pong, 6);
  }
  if (s->type == COMMAND) read_command(c, body, size);
}

/* How long the chunk header is that begins with these bytes (5.3.1), as far as can be seen. */
static uint32_t header_size(struct rtmp *r, const uint8_t *h, uint32_t got) {
  if (got == 0) return 1;
  static const uint32_t rest[] = {11, 7, 3, 0};
  uint32_t low = h[0] & 63, basic = low == 0 ? 2 : low == 1 ? 3 : 1;
  uint32_t size = basic + rest[h[0] >> 6];
  if (got < size) return size;
  bool extended;
  if (h[0] >> 6 < 3) {
    extended = number_at(h + basic, 3) == 0xffffff;
  } else {
    extended = false;
    for (int i = 0; i < CHUNK_STREAMS; i++)
      if (basic == 1 && r->streams[i].id == low) extended = r->streams[i].extended;
  }
  return size + (extended ? 4 : 0);
}

static struct chunk_stream *find_stream(struct rtmp *r, uint32_t id) {
  for (int i = 0; i < CHUNK_STREAMS; i++) {
    if (r->streams[i].id == id) return &r->streams[i];
    if (r->streams[i].id == 0) {
      r->streams[i].id = id;
      return &r->streams[i];
    }
  }
  return NULL;
}

static void read_header(struct connection *c) {
  struct rtmp *r = &c->rtmp;
  const uint8_t *h = r->header;
  uint32_t format = h[0] >> 6, id = h[0] & 63;
  if (id < 2) {
    connection_close(c, "chunk stream id above 63, which no server here uses");
    return;
  }
  struct chunk_stream *s = find_stream(r, id);
  if (s == NULL) {
    connection_close(c, "more than %d chunk streams", CHUNK_STREAMS);
    return;
  }
  bool begins = s->got == 0;
  if (!begins && format != 3) {
    connection_close(c, "a message was cut off by the next");
    return;
  }
  if (format < 3) {
    uint32_t time = number_at(h + 1, 3);
    s->extended = time == 0xffffff;
    if (s->extended) time = number_at(h + r->header_got - 4, 4);
    if (format < 2) {
      s->length = number_at(h + 4, 3);
      s->type = h[7];
    }
    s->step = time;
    s->timestamp = format == 0 ? time : s->timestamp + time;
  } else if (begins) {
    s->timestamp += s->step;
  }
  if (begins) {
    body_begin(&s->body, s->type);
    if (s->type != AUDIO && s->type != VIDEO && s->command == NULL) {
      s->command = malloc(COMMAND_MAX);
      if (s->command == NULL) abort();
    }
  }
  r->current = s;
  uint32_t left = s->length - s->got;
  r->chunk_left = left < r->chunk_size ? left : r->chunk_size;
}

static void take_payload(struct chunk_stream *s, const uint8_t *bytes, size_t size) {
  if (s->type == AUDIO || s->type == VIDEO) {
    body_bytes(&s->body, bytes, size);
  } else if (s->got < COMMAND_MAX) {
    size_t room = COMMAND_MAX - s->got;
    memcpy(s->command + s->got, bytes, size < room ? size : room);
  }
  s->got += (uint32_t)size;
}

void rtmp_read(struct connection *c, const uint8_t *bytes, size_t size, ns_t arrived) {
  struct rtmp *r = &c->rtmp;
  if (r->handshake != NULL) {
    size_t taken = read_handshake(c, bytes, size);
    bytes += taken, size -= taken;
  }
  while (c->state != CLOSED && (size > 0 || (r->current != NULL && r->chunk_left == 0))) {
    if (r->current == NULL) {
      uint32_t wanted;
      while ((wanted = header_size(r, r->header, r->header_got)) > r->header_got && size > 0)
        r->header[r->header_got++] = *bytes++, size--;
      if (wanted > r->header_got) break;
      read_header(c);
      continue;
    }
    size_t part = r->chunk_left < size ? r->chunk_left : size;
    take_payload(r->current, bytes, part);
    bytes += part, size -= part;
    r->chunk_left -= (uint32_t)part;
    if (r->chunk_left > 0) break;
    struct chunk_stream *s = r->current;
    r->current = NULL;
    r->header_got = 0;
    if (s->got == s->length) {
      s->got = 0;
      message_end(c, s, arrived);
    }
  }
  /* 5.4.3: acknowledge each window. */
  if (c->state != CLOSED && r->window > 0 && c->received - r->acknowledged >= r->window / 2) {
    r->acknowledged = c->received;
    send_control(c, ACKNOWLEDGEMENT, (uint32_t)c->received);
  }
}
