#include "whep.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One recvonly H.264 section, such as browsers offer. */
static int write_offer(char *to, size_t room, const char *ufrag, const char *password,
                       const char *fingerprint) {
  static const char feedback[] =
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
      "a=rtcp-fb:102 transport-cc\r\n";
  return snprintf(
      to, room,
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
      "a=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\n"
      "a=rtcp-rsize\r\na=rtpmap:102 H264/90000\r\n%sa=rtcp-fb:102 nack\r\n"
      "a=rtcp-fb:102 nack pli\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;"
      "profile-level-id=42e01f\r\n",
      ufrag, password, fingerprint, load.feedback ? feedback : "");
}

/* Copies what follows `name` until the line's end; false when it is not there. */
static bool value_of(const char *text, const char *name, char *to, size_t room) {
  const char *at = strstr(text, name);
  if (at == NULL) return false;
  at += strlen(name);
  size_t size = strcspn(at, "\r\n");
  if (size >= room) return false;
  memcpy(to, at, size);
  to[size] = 0;
  return true;
}

/* The first UDP candidate of IPv4. */
static bool read_candidate(const char *text, struct sockaddr_in *address) {
  for (const char *at = text; (at = strstr(at, "a=candidate:")) != NULL; at++) {
    char protocol[8], host[64];
    int port;
    if (sscanf(at, "a=candidate:%*s %*d %7s %*u %63s %d", protocol, host, &port) != 3) continue;
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)port);
    if (strcasecmp(protocol, "udp") == 0 && inet_pton(AF_INET, host, &address->sin_addr) == 1)
      return true;
  }
  return false;
}

const char *whep_post(const struct connection *c, const char *ufrag, const char *password,
                      const char *fingerprint, struct whep_answer *answer) {
  static char offer[4096], text[32 * 1024];
  int size = write_offer(offer, sizeof offer, ufrag, password, fingerprint);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)load.port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0) return "no socket";
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
    close(fd);
    return "connect failed";
  }
  int head = snprintf(text, sizeof text,
                      "POST /%s/%s%u/whep HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                      "Content-Type: application/sdp\r\nContent-Length: %d\r\n"
                      "Connection: close\r\n\r\n%s",
                      load.app, load.name, c->stream, load.port, size, offer);
  bool sent = write(fd, text, (size_t)head) == head;
  size_t got = 0;
  for (ssize_t piece; sent && got < sizeof text - 1; got += (size_t)piece)
    if ((piece = read(fd, text + got, sizeof text - 1 - got)) <= 0) break;
  close(fd);
  text[got] = 0;
  if (strncmp(text, "HTTP/1.1 201", 12) != 0) {
    text[strcspn(text, "\r\n")] = 0;
    return got == 0 ? "no answer" : text;
  }
  if (!value_of(text, "a=ice-ufrag:", answer->ufrag, sizeof answer->ufrag) ||
      !value_of(text, "a=ice-pwd:", answer->password, sizeof answer->password) ||
      !read_candidate(text, &answer->address))
    return "the answer is incomplete";
  return NULL;
}
