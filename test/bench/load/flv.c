#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A player of FLV over HTTP (identity or chunked) or over WebSocket. */

void flv_begin(struct connection *c) {
  memset(&c->flv, 0, sizeof c->flv);
  c->flv.tag_left = 13; /* file header and the first PreviousTagSize */
  char request[400];
  int size = snprintf(request, sizeof request,
                      "GET /%s/%s%u.flv HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", load.app,
                      load.name, c->stream, load.port,
                      c->protocol == FLV_PLAY ? "Connection: close\r\n"
                                              : "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                                "Sec-WebSocket-Version: 13\r\n"
                                                "Sec-WebSocket-Key: YmVuY2htYXJrLXBsYXllcg==\r\n");
  connection_send(c, request, (size_t)size);
}

/* Reads the response's head, which is complete in `line`. */
static void read_response(struct connection *c) {
  struct flv *f = &c->flv;
  f->line[f->line_got] = 0;
  const char *head = (const char *)f->line;
  int wanted = c->protocol == WS_PLAY ? 101 : 200, status = 0;
  if (sscanf(head, "HTTP/1.%*d %d", &status) != 1 || status != wanted) {
    connection_close(c, "HTTP status %d instead of %d", status, wanted);
    return;
  }
  f->line_got = 0;
  if (c->protocol == WS_PLAY)
    f->framing = WS_HEAD;
  else
    f->framing = strcasestr(head, "transfer-encoding: chunked") != NULL ? CHUNK_HEAD : IDENTITY;
}

/* FLV tags (Adobe FLV 10.1, E.4): header of 11, body, size of 4. */
static void read_flv(struct connection *c, const uint8_t *bytes, size_t size, ns_t arrived) {
  struct flv *f = &c->flv;
  while (size > 0 && c->state != CLOSED) {
    if (!f->begun) {
      size_t part = f->tag_left < size ? f->tag_left : size;
      if (f->tag_left == 13 && bytes[0] != 'F') {
        connection_close(c, "no FLV header");
        return;
      }
      bytes += part, size -= part, f->tag_left -= (uint32_t)part;
      f->begun = f->tag_left == 0;
      continue;
    }
    if (f->tag_got < 11) {
      f->tag[f->tag_got++] = *bytes++, size--;
      if (f->tag_got < 11) continue;
      f->tag_left = ((uint32_t)f->tag[1] << 16 | (uint32_t)f->tag[2] << 8 | f->tag[3]) + 4;
      body_begin(&f->body, f->tag[0]);
      continue;
    }
    size_t part = f->tag_left < size ? f->tag_left : size;
    bool media = f->tag[0] == AUDIO || f->tag[0] == VIDEO;
    size_t body = f->tag_left > 4 ? f->tag_left - 4 : 0;
    if (media && body > 0) body_bytes(&f->body, bytes, part < body ? part : body);
    bytes += part, size -= part, f->tag_left -= (uint32_t)part;
    if (f->tag_left > 0) continue;
    f->tag_got = 0;
    uint32_t time = (uint32_t)f->tag[7] << 24 | (uint32_t)f->tag[4] << 16 |
                    (uint32_t)f->tag[5] << 8 | f->tag[6];
    if (media) connection_message(c, &f->body, time, arrived);
  }
}

/* RFC 6455, 5.2: a server's frame header has 2, 4 or 10 bytes. */
static bool read_frame_head(struct connection *c) {
  struct flv *f = &c->flv;
  uint32_t length = f->line[1] & 127, wanted = length == 126 ? 4 : length == 127 ? 10 : 2;
  if (f->line_got < 2 || f->line_got < wanted) return false;
  f->frame_left = length;
  if (wanted > 2) {
    f->frame_left = 0;
    for (uint32_t i = 2; i < wanted; i++) f->frame_left = f->frame_left << 8 | f->line[i];
  }
  f->opcode = f->line[0] & 15;
  f->line_got = 0;
  if (f->line[1] & 128) connection_close(c, "a masked WebSocket frame from the server");
  if (f->opcode == 8) connection_close(c, "the server closed the WebSocket");
  if (f->opcode == 9 && f->frame_left == 0) {
    const uint8_t pong[6] = {0x8a, 0x80, 1, 2, 3, 4};
    connection_send(c, pong, sizeof pong);
  }
  return true;
}

void flv_read(struct connection *c, const uint8_t *bytes, size_t size, ns_t arrived) {
  struct flv *f = &c->flv;
  while (size > 0 && c->state != CLOSED) {
    switch (f->framing) {
      case HTTP_HEAD:
        if (f->line_got == sizeof f->line - 1) {
          connection_close(c, "the HTTP response's head is too long");
          break;
        }
        f->line[f->line_got++] = *bytes++, size--;
        if (f->line_got >= 4 && memcmp(f->line + f->line_got - 4, "\r\n\r\n", 4) == 0)
          read_response(c);
        break;
      case IDENTITY:
        read_flv(c, bytes, size, arrived);
        size = 0;
        break;
      case CHUNK_HEAD:
        if (f->line_got == 64) {
          connection_close(c, "the HTTP chunk's head is too long");
          break;
        }
        f->line[f->line_got++] = *bytes++, size--;
        if (f->line[f->line_got - 1] != '\n') break;
        f->line[f->line_got] = 0;
        /* The chunk's own line end comes with its data. */
        f->frame_left = strtoul((const char *)f->line, NULL, 16) + 2;
        f->line_got = 0;
        f->framing = CHUNK_DATA;
        break;
      case WS_HEAD:
        f->line[f->line_got++] = *bytes++, size--;
        if (read_frame_head(c)) f->framing = WS_DATA;
        if (f->frame_left == 0) f->framing = WS_HEAD;
        break;
      case CHUNK_DATA:
      case WS_DATA: {
        size_t part = f->frame_left < size ? (size_t)f->frame_left : size;
        bool chunked = f->framing == CHUNK_DATA;
        uint64_t data = f->frame_left;
        if (chunked) data = data > 2 ? data - 2 : 0;
        if (chunked || f->opcode <= 2)
          read_flv(c, bytes, part < data ? part : (size_t)data, arrived);
        bytes += part, size -= part, f->frame_left -= part;
        if (f->frame_left == 0) f->framing = chunked ? CHUNK_HEAD : WS_HEAD;
        break;
      }
    }
  }
}
