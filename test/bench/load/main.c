#include "load.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct load load = {.app = "live", .name = "bench", .feedback = true, .plan = {25, 50, 3500, 700, 140}};

static const struct job *job = &publish_job;

static void usage(void) {
  fprintf(stderr,
          "load publish|rtmp|flv|ws|whep --port N --count CONNECTIONS [--streams N] [--fps N] [--gop N]\n"
          "     [--key BYTES] [--delta BYTES] [--audio BYTES] [--prompt 1] [--feedback 0]\n"
          "then, line by line on standard input: status, mark, snap, stop (publish), due … (players), quit\n");
  exit(2);
}

static void read_arguments(int count, char **words) {
  if (count < 2) usage();
  if (strcmp(words[1], "publish") != 0) job = &play_job;
  if (strcmp(words[1], "flv") == 0) play_protocol = FLV_PLAY;
  if (strcmp(words[1], "ws") == 0) play_protocol = WS_PLAY;
  if (strcmp(words[1], "whep") == 0) play_protocol = WHEP_PLAY;
  for (int i = 2; i + 1 < count; i += 2) {
    int value = atoi(words[i + 1]);
    if (strcmp(words[i], "--port") == 0) load.port = value;
    else if (strcmp(words[i], "--count") == 0) load.count = (uint32_t)value;
    else if (strcmp(words[i], "--streams") == 0) load.streams = (uint32_t)value;
    else if (strcmp(words[i], "--fps") == 0) load.plan.fps = value;
    else if (strcmp(words[i], "--gop") == 0) load.plan.gop = value;
    else if (strcmp(words[i], "--key") == 0) load.plan.key_size = value;
    else if (strcmp(words[i], "--delta") == 0) load.plan.delta_size = value;
    else if (strcmp(words[i], "--audio") == 0) load.plan.audio_size = value;
    else if (strcmp(words[i], "--feedback") == 0) load.feedback = value != 0;
    else if (strcmp(words[i], "--prompt") == 0) {
      /* Pacing matters more than anything else on this core; without the right, it is as it is. */
      struct sched_param first = {.sched_priority = 1};
      if (value == 1) sched_setscheduler(0, SCHED_FIFO, &first);
    } else usage();
  }
  if (load.port <= 0 || load.count == 0) usage();
  if (load.streams == 0) load.streams = job == &publish_job ? load.count : 1;
  const struct plan *p = &load.plan;
  if (p->fps <= 0 || p->gop <= 0 || p->key_size < HEAD_SIZE || p->key_size > MESSAGE_MAX ||
      p->delta_size < HEAD_SIZE || p->delta_size > MESSAGE_MAX || p->audio_size < HEAD_SIZE ||
      p->audio_size > MESSAGE_MAX)
    usage();
}

/* Reads what there is of standard input and runs the complete lines; false at its end or `quit`. */
static bool read_commands(void) {
  static char line[512 * 1024];
  static size_t got;
  ssize_t size = read(STDIN_FILENO, line + got, sizeof line - got);
  if (size <= 0) return false;
  got += (size_t)size;
  for (char *end; (end = memchr(line, '\n', got)) != NULL;) {
    *end = 0;
    if (strcmp(line, "quit") == 0) return false;
    if (strcmp(line, "status") == 0)
      printf("{\"event\":\"status\",\"opened\":%u,\"running\":%u,\"closed\":%u}\n", load.opened,
             load.running, load.closed);
    else
      job->command(line);
    size_t used = (size_t)(end + 1 - line);
    memmove(line, end + 1, got - used);
    got -= used;
  }
  return got < sizeof line;
}

/* Setting a timer is the dearest thing here in a virtual machine, so that what is due within half a
 * millisecond shares one. Delays do not suffer: a message is stamped when it is written. */
static void wake_at(int timer, ns_t at) {
  static const ns_t step = MILLISECOND_NS / 2;
  struct itimerspec when = {0};
  if (at != UINT64_MAX) at = (at / step + 1) * step;
  if (at != UINT64_MAX) {
    when.it_value.tv_sec = (time_t)(at / SECOND_NS);
    when.it_value.tv_nsec = (long)(at % SECOND_NS);
  }
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  prctl(PR_SET_TIMERSLACK, 1000);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  read_arguments(count, words);
  load.connections = calloc(load.count, sizeof *load.connections);
  load.epoll = epoll_create1(0);
  int timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  if (load.connections == NULL || load.epoll < 0 || timer < 0) {
    perror("load");
    return 1;
  }
  /* Everything but connections is told apart by these two addresses. */
  static char input, clock;
  epoll_ctl(load.epoll, EPOLL_CTL_ADD, STDIN_FILENO,
            &(struct epoll_event){.events = EPOLLIN, .data.ptr = &input});
  epoll_ctl(load.epoll, EPOLL_CTL_ADD, timer,
            &(struct epoll_event){.events = EPOLLIN, .data.ptr = &clock});
  for (;;) {
    ns_t now = now_ns(), next = job->turn(now);
    bool again = next <= now;
    if (!again) wake_at(timer, next);
    struct epoll_event events[256];
    int ready = epoll_wait(load.epoll, events, 256, again ? 0 : -1);
    if (ready < 0 && errno != EINTR) return 1;
    for (int i = 0; i < ready; i++) {
      void *source = events[i].data.ptr;
      if (source == &clock) {
        uint64_t ticks;
        if (read(timer, &ticks, sizeof ticks) < 0) continue;
      } else if (source == &input) {
        if (!read_commands()) {
          if (play_protocol == WHEP_PLAY) whep_leave();
          return 0;
        }
      } else {
        connection_event(source, events[i].events);
      }
    }
  }
}
