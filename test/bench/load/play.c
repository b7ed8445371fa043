#include "load.h"

#include <stdlib.h>
#include <string.h>

/* Plays and checks. Player i watches stream i modulo the number of streams. */

enum { IN_FLIGHT = 64 };
static const ns_t PATIENCE = 5 * SECOND_NS;

enum protocol play_protocol = RTMP_PLAY;

static bool announced;
static double cpu_at_mark;
static ns_t deadline;
static uint32_t (*due)[2];

/* The sound that publishers send is nothing that could become Opus. */
static bool with_audio(void) { return play_protocol != WHEP_PLAY; }

static bool is_complete(const struct connection *c) {
  const struct check *k = &c->check;
  const uint32_t *wanted = due[c->stream];
  return k->video.seen && k->video.last + 1 == wanted[0] &&
         (!with_audio() || (k->audio.seen && k->audio.last + 1 == wanted[1]));
}

static bool all_here(void) {
  for (uint32_t i = 0; i < load.count; i++)
    if (load.connections[i].state != CLOSED && !is_complete(&load.connections[i])) return false;
  return true;
}

/* Frames from the mark to the publisher's last, and how many of them came. */
static void count_track(const struct track *t, uint32_t wanted, uint64_t *frames_due,
                        uint64_t *frames_got) {
  uint32_t before = t->marked > 0 ? t->marked : t->first;
  if (wanted > before) *frames_due += wanted - before;
  *frames_got += t->got - t->got_at_mark;
}

static void print_finished(void) {
  uint64_t frames_due = 0, frames_got = 0;
  uint32_t complete = 0, missing = 0, repeated = 0, corrupt = 0, mistimed = 0, misplaced = 0;
  uint32_t delta_first = 0, misaligned = 0;
  const char *problem = "";
  for (uint32_t i = 0; i < load.count; i++) {
    const struct connection *c = &load.connections[i];
    const struct check *k = &c->check;
    uint64_t due_before = frames_due, got_before = frames_got;
    count_track(&k->video, due[c->stream][0], &frames_due, &frames_got);
    if (with_audio()) count_track(&k->audio, due[c->stream][1], &frames_due, &frames_got);
    int32_t apart = with_audio() ? (int32_t)(k->video.shift - k->audio.shift) : 0;
    bool aligned = apart >= -2 && apart <= 2;
    bool clean = k->missing + k->repeated + k->corrupt + k->mistimed + k->misplaced == 0 &&
                 !k->delta_first && aligned && c->state == RUNNING;
    if (clean && frames_due - due_before == frames_got - got_before && is_complete(c)) complete++;
    missing += k->missing, repeated += k->repeated, corrupt += k->corrupt;
    mistimed += k->mistimed, misplaced += k->misplaced;
    delta_first += k->delta_first, misaligned += !aligned;
    if (c->state == CLOSED) problem = c->problem;
  }
  printf("{\"event\":\"finished\",\"players\":%u,\"complete\":%u,\"closed\":%u,"
         "\"framesDue\":%llu,\"framesGot\":%llu,\"missing\":%u,\"repeated\":%u,\"corrupt\":%u,"
         "\"mistimed\":%u,\"misplaced\":%u,\"deltaFirst\":%u,\"misaligned\":%u,\"problem\":\"%s\"",
         load.count, complete, load.closed, (unsigned long long)frames_due,
         (unsigned long long)frames_got, missing, repeated, corrupt, mistimed, misplaced,
         delta_first, misaligned, problem);
  histogram_print("firstKey", &load.first_key);
  printf("}\n");
}

static ns_t turn(ns_t now) {
  uint32_t in_flight = load.opened - load.running - load.closed;
  while (load.opened < load.count && in_flight++ < IN_FLIGHT)
    connection_open(load.opened, play_protocol);
  if (!announced && load.opened == load.count && load.running + load.closed == load.count) {
    announced = true;
    printf("{\"event\":\"ready\",\"running\":%u,\"closed\":%u}\n", load.running, load.closed);
  }
  ns_t next = play_protocol == WHEP_PLAY ? whep_turn(now) : UINT64_MAX;
  if (deadline == 0) return next;
  if (now < deadline && !all_here()) return now + 10 * MILLISECOND_NS;
  print_finished();
  deadline = 0;
  return next;
}

static void mark(void) {
  for (uint32_t i = 0; i < load.count; i++) {
    struct check *k = &load.connections[i].check;
    k->video.marked = k->video.seen ? k->video.last + 1 : 0;
    k->audio.marked = k->audio.seen ? k->audio.last + 1 : 0;
    k->video.got_at_mark = k->video.got;
    k->audio.got_at_mark = k->audio.got;
  }
  load.bytes = load.messages = load.packets = 0;
  memset(&load.delay, 0, sizeof load.delay);
  load.measuring = true;
  cpu_at_mark = cpu_seconds();
  load.marked_at = now_ns();
  printf("{\"event\":\"marked\"}\n");
}

static void snap(void) {
  load.measuring = false;
  printf("{\"event\":\"snap\",\"seconds\":%.3f,\"cpu\":%.3f,\"bytes\":%llu,\"messages\":%llu,"
         "\"packets\":%llu",
         (double)(now_ns() - load.marked_at) / 1e9, cpu_seconds() - cpu_at_mark,
         (unsigned long long)load.bytes, (unsigned long long)load.messages,
         (unsigned long long)load.packets);
  histogram_print("delay", &load.delay);
  printf("}\n");
}

/* `due v0 a0 v1 a1 …`: what the publisher sent of each stream; the last frames may be on the way. */
static void expect(char *numbers) {
  due = calloc(load.streams, sizeof *due);
  if (due == NULL) abort();
  for (uint32_t i = 0; i < load.streams * 2; i++)
    due[i / 2][i % 2] = (uint32_t)strtoul(numbers, &numbers, 10);
  deadline = now_ns() + PATIENCE;
}

static void command(char *line) {
  if (strcmp(line, "mark") == 0) mark();
  if (strcmp(line, "snap") == 0) snap();
  if (strncmp(line, "due ", 4) == 0) expect(line + 4);
}

const struct job play_job = {turn, command};
