#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t inbox[256 * 1024];

void connection_close(struct connection *c, const char *problem, ...) {
  if (c->state == CLOSED) return;
  va_list args;
  va_start(args, problem);
  vsnprintf(c->problem, sizeof c->problem, problem, args);
  va_end(args);
  if (c->fd >= 0) close(c->fd);
  if (c->state == RUNNING) load.running--;
  c->state = CLOSED;
  load.closed++;
}

static void watch(struct connection *c, int operation) {
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  if (c->state == CONNECTING || c->out_size > 0) e.events |= EPOLLOUT;
  epoll_ctl(load.epoll, operation, c->fd, &e);
}

int connection_open(uint32_t index, enum protocol protocol) {
  if (protocol == WHEP_PLAY) return whep_open(index);
  struct connection *c = &load.connections[index];
  c->protocol = protocol;
  c->stream = index % load.streams;
  c->opened = now_ns();
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) return -1;
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  /* Arrival is then known to the microsecond, however late this process reads. */
  if (protocol != RTMP_PUBLISH) setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)load.port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  c->state = CONNECTING;
  load.opened++;
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    connection_close(c, "connect: %s", strerror(errno));
    return -1;
  }
  watch(c, EPOLL_CTL_ADD);
  return 0;
}

void connection_running(struct connection *c) {
  if (c->state != STARTING) return;
  c->state = RUNNING;
  load.running++;
}

void connection_send(struct connection *c, const void *bytes, size_t size) {
  if (c->state == CLOSED) return;
  const uint8_t *from = bytes;
  if (c->out_size == 0) {
    ssize_t sent = send(c->fd, from, size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      connection_close(c, "send: %s", strerror(errno));
      return;
    }
    if (sent > 0) from += sent, size -= (size_t)sent;
  }
  if (size == 0) return;
  if (c->out_size + size > c->out_room) {
    c->out_room = (c->out_size + size) * 2;
    c->out = realloc(c->out, c->out_room);
    if (c->out == NULL) abort();
  }
  memcpy(c->out + c->out_size, from, size);
  c->out_size += size;
  watch(c, EPOLL_CTL_MOD);
}

static void flush(struct connection *c) {
  ssize_t sent = send(c->fd, c->out, c->out_size, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) connection_close(c, "send: %s", strerror(errno));
    return;
  }
  c->out_size -= (size_t)sent;
  memmove(c->out, c->out + sent, c->out_size);
  if (c->out_size == 0) watch(c, EPOLL_CTL_MOD);
}

static void receive(struct connection *c) {
  char control[CMSG_SPACE(sizeof(struct timespec))];
  struct iovec piece = {.iov_base = inbox, .iov_len = sizeof inbox};
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  ssize_t size = recvmsg(c->fd, &message, 0);
  if (size < 0) {
    if (errno != EAGAIN) connection_close(c, "recv: %s", strerror(errno));
    return;
  }
  if (size == 0) {
    connection_close(c, "the server closed the connection");
    return;
  }
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  ns_t arrived;
  if (header != NULL && header->cmsg_type == SO_TIMESTAMPNS) {
    struct timespec t;
    memcpy(&t, CMSG_DATA(header), sizeof t);
    arrived = (ns_t)t.tv_sec * SECOND_NS + (ns_t)t.tv_nsec;
  } else {
    arrived = now_ns();
  }
  c->received += (uint64_t)size;
  if (load.measuring) load.bytes += (uint64_t)size;
  if (c->protocol <= RTMP_PLAY)
    rtmp_read(c, inbox, (size_t)size, arrived);
  else
    flv_read(c, inbox, (size_t)size, arrived);
}

void connection_event(struct connection *c, uint32_t events) {
  if (c->protocol == WHEP_PLAY) {
    whep_event(c);
    return;
  }
  if (c->state == CONNECTING) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      connection_close(c, "connect: %s", strerror(error));
      return;
    }
    c->state = STARTING;
    if (c->protocol <= RTMP_PLAY)
      rtmp_begin(c);
    else
      flv_begin(c);
    if (c->state != CLOSED) watch(c, EPOLL_CTL_MOD);
    return;
  }
  if (events & EPOLLOUT && c->out_size > 0) flush(c);
  if (c->state != CLOSED && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
}

void connection_message(struct connection *c, const struct body *b, uint32_t timestamp,
                        ns_t arrived) {
  if (!check_message(&c->check, &load.plan, c->stream, b, timestamp)) return;
  if (b->type == VIDEO && c->first_key == 0) {
    c->first_key = arrived;
    histogram_add(&load.first_key, (arrived - c->opened) / 1000);
    connection_running(c);
  }
  if (!load.measuring) return;
  load.messages++;
  if (b->type == VIDEO) histogram_add(&load.delay, arrived > b->sent ? (arrived - b->sent) / 1000 : 0);
}
