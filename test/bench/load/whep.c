#include "whep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* One viewer: an offer, connectivity checks, a DTLS handshake, and then packets to check. */

enum { BATCH = 64, DATAGRAM_MAX = 2048 };
static const ns_t CHECK_EVERY = 2500 * MILLISECOND_NS, CHECK_AGAIN = 100 * MILLISECOND_NS;
/* As often as browsers report at such rates. */
static const ns_t FEEDBACK_EVERY = 100 * MILLISECOND_NS;

static const char UFRAG[] = "load", PASSWORD[] = "0123456789abcdefghijklmn";

struct whep {
  struct whep_answer answer;
  char username[UFRAG_MAX + 8];
  SSL *ssl;
  struct srtp *srtp;
  struct rtp_video video;
  struct twcc twcc;
  uint32_t ssrc;
  ns_t check_at, feedback_at;
};

/* What does not go is lost, as on any network. */
static void send_datagram(const struct connection *c, const uint8_t *bytes, size_t size) {
  if (send(c->fd, bytes, size, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != ECONNREFUSED)
    perror("send");
}

static void check(struct connection *c, ns_t now) {
  uint8_t message[512];
  struct whep *w = c->whep;
  send_datagram(c, message, stun_check(message, w->username, w->answer.password));
  w->check_at = now + (w->srtp == NULL ? CHECK_AGAIN : CHECK_EVERY);
}

int whep_open(uint32_t index) {
  struct connection *c = &load.connections[index];
  struct whep *w = c->whep = calloc(1, sizeof *w);
  if (w == NULL) abort();
  c->protocol = WHEP_PLAY;
  c->stream = index % load.streams;
  c->state = STARTING;
  c->fd = -1;
  load.opened++;
  c->opened = now_ns();
  const char *problem = whep_post(c, UFRAG, PASSWORD, dtls_fingerprint(), &w->answer);
  if (problem != NULL) {
    connection_close(c, "%s", problem);
    return -1;
  }
  snprintf(w->username, sizeof w->username, "%s:%s", w->answer.ufrag, UFRAG);
  c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  int on = 1, room = 2 * 1024 * 1024;
  setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (connect(c->fd, (struct sockaddr *)&w->answer.address, sizeof w->answer.address) < 0) {
    connection_close(c, "connect: %s", strerror(errno));
    return -1;
  }
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &e);
  check(c, now_ns());
  return 0;
}

/* Goes on with the handshake and sends what it has to say. */
static void shake_hands(struct connection *c) {
  struct whep *w = c->whep;
  int done = SSL_do_handshake(w->ssl);
  uint8_t out[4096];
  int size = BIO_read(SSL_get_wbio(w->ssl), out, sizeof out);
  if (size > 0) send_datagram(c, out, (size_t)size);
  if (done != 1) {
    if (SSL_get_error(w->ssl, done) == SSL_ERROR_SSL) connection_close(c, "the DTLS handshake failed");
    return;
  }
  w->srtp = srtp_new(w->ssl);
  if (w->srtp == NULL) connection_close(c, "no SRTP profile was agreed");
}

static void on_stun(struct connection *c, const uint8_t *bytes, size_t size) {
  struct whep *w = c->whep;
  uint8_t out[512];
  int type = stun_type(bytes, size);
  if (type == STUN_REQUEST)
    send_datagram(c, out, stun_success(out, bytes, &w->answer.address, PASSWORD));
  if (type == STUN_SUCCESS && w->ssl == NULL) {
    w->ssl = dtls_new();
    shake_hands(c);
  }
}

static void on_datagram(struct connection *c, uint8_t *bytes, size_t size, ns_t arrived) {
  struct whep *w = c->whep;
  c->received += size;
  if (load.measuring) load.bytes += size, load.packets++;
  if (size == 0) return;
  if (bytes[0] < 4) {
    on_stun(c, bytes, size);
  } else if (bytes[0] >= 20 && bytes[0] <= 63) {
    if (w->ssl == NULL || w->srtp != NULL) return;
    BIO_write(SSL_get_rbio(w->ssl), bytes, (int)size);
    shake_hands(c);
  } else if (w->srtp != NULL && size > 12 && (bytes[1] < 192 || bytes[1] > 223)) {
    size = srtp_open(w->srtp, bytes, size);
    if (size == 0) {
      c->check.corrupt++;
      return;
    }
    w->ssrc = (uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 | (uint32_t)bytes[10] << 8 | bytes[11];
    twcc_note(&w->twcc, bytes, size, arrived);
    rtp_video_packet(c, &w->video, bytes, size, arrived);
  }
}

void whep_event(struct connection *c) {
  static uint8_t bytes[BATCH][DATAGRAM_MAX], control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
  static struct iovec pieces[BATCH];
  static struct mmsghdr messages[BATCH];
  for (int i = 0; i < BATCH; i++) {
    pieces[i] = (struct iovec){.iov_base = bytes[i], .iov_len = DATAGRAM_MAX};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i],
                                          .msg_iovlen = 1,
                                          .msg_control = control[i],
                                          .msg_controllen = sizeof control[i]};
  }
  int count = recvmmsg(c->fd, messages, BATCH, 0, NULL);
  if (count < 0 && errno != EAGAIN) connection_close(c, "recv: %s", strerror(errno));
  for (int i = 0; i < count && c->state != CLOSED; i++) {
    struct timespec t = {0};
    struct cmsghdr *header = CMSG_FIRSTHDR(&messages[i].msg_hdr);
    if (header != NULL) memcpy(&t, CMSG_DATA(header), sizeof t);
    on_datagram(c, bytes[i], messages[i].msg_len, (ns_t)t.tv_sec * SECOND_NS + (ns_t)t.tv_nsec);
  }
}

static void report(struct connection *c, ns_t now) {
  struct whep *w = c->whep;
  uint8_t out[4096];
  size_t size = twcc_write(&w->twcc, out, w->ssrc);
  if (size > 0) send_datagram(c, out, srtcp_seal(w->srtp, out, size));
  w->feedback_at = now + FEEDBACK_EVERY;
}

void whep_leave(void) {
  for (uint32_t i = 0; i < load.opened; i++) {
    struct connection *c = &load.connections[i];
    if (c->state == CLOSED || c->whep == NULL || c->whep->srtp == NULL) continue;
    uint8_t out[256];
    SSL_shutdown(c->whep->ssl);
    int size = BIO_read(SSL_get_wbio(c->whep->ssl), out, sizeof out);
    if (size > 0) send_datagram(c, out, (size_t)size);
  }
}

ns_t whep_turn(ns_t now) {
  for (uint32_t i = 0; i < load.opened; i++) {
    struct connection *c = &load.connections[i];
    if (c->state == CLOSED || c->whep == NULL) continue;
    struct whep *w = c->whep;
    if (now >= w->check_at) check(c, now);
    if (load.feedback && w->srtp != NULL && now >= w->feedback_at) report(c, now);
    if (w->ssl != NULL && w->srtp == NULL && DTLSv1_handle_timeout(w->ssl) > 0) shake_hands(c);
  }
  return now + 10 * MILLISECOND_NS;
}
