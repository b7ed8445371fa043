/*
 * The benchmark's load tool: many RTMP publishers, or many RTMP, HTTP-FLV and WebSocket-FLV
 * players, in one thread. Publishers send synthetic H.264 and AAC whose every message carries its
 * stream, its number and the time of its write; players check every byte of every message.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- clock and figures (figures.c) ---- */

/* Nanoseconds of the wall clock: the kernel stamps arriving data with the same one. */
typedef uint64_t ns_t;
#define SECOND_NS 1000000000ULL
#define MILLISECOND_NS 1000000ULL
ns_t now_ns(void);

/* CPU seconds (user and system) of this process. */
double cpu_seconds(void);

/* Counts of microseconds in steps of about 3 %. */
struct histogram {
  uint64_t count, most;
  uint32_t bucket[40 * 32];
};
void histogram_add(struct histogram *h, uint64_t us);
void histogram_print(const char *name, const struct histogram *h);

/* ---- the synthetic stream (media.c) ---- */

/* What one stream looks like; publishers and players are started with the same plan. */
struct plan {
  int fps, gop, key_size, delta_size, audio_size;
};

enum { AUDIO = 8, VIDEO = 9 };
enum { HEAD_SIZE = 40, MESSAGE_MAX = 60000 };

/* When message `number` is due, from the stream's start. */
ns_t media_due(const struct plan *p, int type, uint32_t number);
/* Its RTMP time stamp, ms. */
uint32_t media_timestamp(const struct plan *p, int type, uint32_t number);
/* Writes the body (FLV tag body, RTMP message payload) and answers its size. */
size_t media_body(const struct plan *p, int type, uint32_t stream, uint32_t number, ns_t at,
                  uint8_t *to);
/* Decoder configurations, sent before the first message. */
size_t media_config(int type, uint8_t *to);

/* One message on its way in; its bytes are compared as they come, in pieces of any size. */
struct body {
  uint8_t head[HEAD_SIZE];
  uint32_t offset, stream, number;
  const uint8_t *rest;
  ns_t sent;
  uint8_t type;
  bool config, corrupt;
};
void body_begin(struct body *b, int type);
void body_bytes(struct body *b, const uint8_t *bytes, size_t size);

struct track {
  bool seen;
  uint32_t first, last, marked;
  uint64_t got, got_at_mark;
  uint32_t shift; /* the server's time stamp minus ours, of the first message */
};

/* What one player received, and everything that was wrong with it. */
struct check {
  struct track video, audio;
  uint32_t missing, repeated, corrupt, mistimed, misplaced;
  bool delta_first;
};
/* Takes a complete message; true when it was an intact media message (not configuration). */
bool check_message(struct check *c, const struct plan *p, uint32_t stream, const struct body *b,
                   uint32_t timestamp);

/* ---- connections (connection.c) ---- */

enum protocol { RTMP_PUBLISH, RTMP_PLAY, FLV_PLAY, WS_PLAY, WHEP_PLAY };
enum state { CONNECTING, STARTING, RUNNING, CLOSED };

enum { CHUNK_STREAMS = 8, COMMAND_MAX = 4096 };

struct chunk_stream {
  uint32_t id, timestamp, step, length, got;
  uint8_t type;
  bool extended;
  uint8_t *command;
  struct body body;
};

struct rtmp {
  uint8_t *handshake;
  uint32_t handshake_got;
  uint8_t header[18];
  uint32_t header_got, chunk_left, chunk_size, window;
  uint64_t acknowledged;
  struct chunk_stream streams[CHUNK_STREAMS], *current;
};

struct flv {
  enum { HTTP_HEAD, IDENTITY, CHUNK_HEAD, CHUNK_DATA, WS_HEAD, WS_DATA } framing;
  uint8_t line[1024], tag[16];
  uint32_t line_got, tag_got, tag_left;
  uint64_t frame_left;
  uint8_t opcode;
  bool begun;
  struct body body;
};

struct connection {
  int fd;
  enum protocol protocol;
  enum state state;
  uint32_t stream;
  char problem[120];
  uint8_t *out;
  size_t out_size, out_room;
  uint64_t received;
  ns_t opened, first_key;
  struct check check;
  union {
    struct rtmp rtmp;
    struct flv flv;
    struct whep *whep;
  };
};

/* What all connections of this process have in common. */
struct load {
  int epoll, port;
  const char *app, *name;
  struct plan plan;
  struct connection *connections;
  uint32_t count, streams, opened, running, closed;
  /* The window that is measured, and what arrived in it. */
  bool measuring;
  ns_t marked_at;
  /* WHEP viewers report when packets arrived. */
  bool feedback;
  uint64_t bytes, messages, packets;
  struct histogram delay, first_key;
};
extern struct load load;

/* Opens connection `index`; 0, or -1 with `problem` set. */
int connection_open(uint32_t index, enum protocol protocol);
/* To be called when epoll reports the socket. */
void connection_event(struct connection *c, uint32_t events);
/* Sends, or keeps what the socket does not take. */
void connection_send(struct connection *c, const void *bytes, size_t size);
void connection_close(struct connection *c, const char *problem, ...);
/* A complete media message arrived on a player. */
void connection_message(struct connection *c, const struct body *b, uint32_t timestamp,
                        ns_t arrived);
void connection_running(struct connection *c);

/* ---- protocols (rtmp.c, flv.c) ---- */

void rtmp_begin(struct connection *c);
void rtmp_read(struct connection *c, const uint8_t *bytes, size_t size, ns_t arrived);
/* Sends one message as chunks of 4096 bytes; `first` sends a full header with the stream's id. */
void rtmp_media(struct connection *c, int type, uint32_t timestamp, uint32_t step, bool first,
                const uint8_t *body, size_t size);

void flv_begin(struct connection *c);
void flv_read(struct connection *c, const uint8_t *bytes, size_t size, ns_t arrived);

/* ---- WHEP viewers (whep.c; whep_none.c where OpenSSL is not at hand) ---- */

int whep_open(uint32_t index);
void whep_event(struct connection *c);
/* Checks, feedback, repetitions; answers when it wants to run again. */
ns_t whep_turn(ns_t now);
/* All viewers say goodbye, as a page does that is closed. */
void whep_leave(void);

/* ---- the two jobs (publish.c, play.c) ---- */

struct job {
  /* Does what is due and answers when it wants to run again; `UINT64_MAX`: only on an event. */
  ns_t (*turn)(ns_t now);
  /* A line from standard input. */
  void (*command)(char *line);
};
extern const struct job publish_job, play_job;
extern enum protocol play_protocol;

#endif
