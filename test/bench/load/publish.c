#include "load.h"

#include <stdlib.h>
#include <string.h>

/*
 * Publishes every stream at its own pace. Their starts are spread over one group of pictures, so
 * that neither frames nor key frames of many streams fall on the same moment.
 */

enum { IN_FLIGHT = 64, MESSAGES_A_TURN = 64 };

struct due {
  ns_t at;
  uint32_t stream, number;
  int type;
};

static struct due *heap;
static uint32_t heap_size;
static ns_t base;
static bool announced;
static double cpu_at_mark;
static ns_t marked_at;
static struct histogram lateness;
static uint32_t (*sent)[2];

static void heap_sink(uint32_t i) {
  for (;;) {
    uint32_t least = i, left = 2 * i + 1;
    for (uint32_t child = left; child <= left + 1 && child < heap_size; child++)
      if (heap[child].at < heap[least].at) least = child;
    if (least == i) return;
    struct due other = heap[i];
    heap[i] = heap[least], heap[least] = other;
    i = least;
  }
}

static ns_t start_of(uint32_t stream) {
  ns_t group = (ns_t)load.plan.gop * SECOND_NS / (ns_t)load.plan.fps;
  return base + group * stream / load.count;
}

static void begin(void) {
  base = now_ns() + 20 * MILLISECOND_NS;
  heap = calloc(load.count * 2, sizeof *heap);
  sent = calloc(load.count, sizeof *sent);
  if (heap == NULL || sent == NULL) abort();
  for (uint32_t i = 0; i < load.count; i++) {
    heap[heap_size++] = (struct due){start_of(i), i, 0, VIDEO};
    heap[heap_size++] = (struct due){start_of(i), i, 0, AUDIO};
  }
  for (uint32_t i = heap_size; i-- > 0;) heap_sink(i);
}

static void send_one(struct due *d) {
  static uint8_t body[MESSAGE_MAX];
  struct connection *c = &load.connections[d->stream];
  if (c->state != RUNNING) return;
  if (d->number == 0) rtmp_media(c, d->type, 0, 0, true, body, media_config(d->type, body));
  uint32_t timestamp = media_timestamp(&load.plan, d->type, d->number);
  uint32_t step =
      d->number == 0 ? 0 : timestamp - media_timestamp(&load.plan, d->type, d->number - 1);
  ns_t now = now_ns();
  if (load.measuring) histogram_add(&lateness, (now - d->at) / 1000);
  size_t size = media_body(&load.plan, d->type, c->stream, d->number, now, body);
  rtmp_media(c, d->type, timestamp, step, false, body, size);
  sent[d->stream][d->type == AUDIO]++;
}

static ns_t turn(ns_t now) {
  uint32_t in_flight = load.opened - load.running - load.closed;
  while (load.opened < load.count && in_flight++ < IN_FLIGHT)
    connection_open(load.opened, RTMP_PUBLISH);
  if (!announced && load.opened == load.count && load.running + load.closed == load.count) {
    announced = true;
    printf("{\"event\":\"ready\",\"running\":%u,\"closed\":%u}\n", load.running, load.closed);
    begin();
  }
  for (int i = 0; heap_size > 0 && heap[0].at <= now; i++) {
    if (i == MESSAGES_A_TURN) return now;
    struct due *first = &heap[0];
    send_one(first);
    first->number++;
    first->at = start_of(first->stream) + media_due(&load.plan, first->type, first->number);
    heap_sink(0);
  }
  return heap_size > 0 ? heap[0].at : UINT64_MAX;
}

static void print_stopped(void) {
  uint32_t stalled = 0;
  const char *problem = "";
  for (uint32_t i = 0; i < load.count; i++) {
    struct connection *c = &load.connections[i];
    if (c->state == RUNNING && c->out_size > 0) stalled++;
    if (c->state == CLOSED) problem = c->problem;
  }
  printf("{\"event\":\"stopped\",\"running\":%u,\"stalled\":%u,\"problem\":\"%s\",\"sent\":[",
         load.running, stalled, problem);
  for (uint32_t i = 0; i < load.count; i++)
    printf("%s%u,%u", i == 0 ? "" : ",", sent == NULL ? 0 : sent[i][0], sent == NULL ? 0 : sent[i][1]);
  printf("]}\n");
}

static void command(char *line) {
  if (strcmp(line, "mark") == 0) {
    load.measuring = true;
    memset(&lateness, 0, sizeof lateness);
    cpu_at_mark = cpu_seconds();
    marked_at = now_ns();
    printf("{\"event\":\"marked\"}\n");
  } else if (strcmp(line, "snap") == 0) {
    load.measuring = false;
    printf("{\"event\":\"snap\",\"seconds\":%.3f,\"cpu\":%.3f",
           (double)(now_ns() - marked_at) / 1e9, cpu_seconds() - cpu_at_mark);
    histogram_print("lateness", &lateness);
    printf("}\n");
  } else if (strcmp(line, "stop") == 0) {
    heap_size = 0;
    print_stopped();
  }
}

const struct job publish_job = {turn, command};
