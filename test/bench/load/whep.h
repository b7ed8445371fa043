/* WHEP viewers of the load tool: ICE, DTLS and SRTP of a receiver, with OpenSSL. */
#ifndef WHEP_H
#define WHEP_H

#include "load.h"

#include <netinet/in.h>
#include <openssl/ssl.h>

/* ---- SDP and HTTP (whep_offer.c) ---- */

enum { UFRAG_MAX = 260, PASSWORD_MAX = 260 };

struct whep_answer {
  char ufrag[UFRAG_MAX], password[PASSWORD_MAX];
  struct sockaddr_in address;
};

/* Posts an offer and reads the answer; NULL, or what went wrong. Blocks for as long as that takes. */
const char *whep_post(const struct connection *c, const char *ufrag, const char *password,
                      const char *fingerprint, struct whep_answer *answer);

/* ---- STUN (stun.c) ---- */

enum { STUN_REQUEST = 0x0001, STUN_SUCCESS = 0x0101 };

/* Message type; 0 when it is no STUN message. */
int stun_type(const uint8_t *bytes, size_t size);
/* Writes a connectivity check that nominates (RFC 8445), and answers its size. */
size_t stun_check(uint8_t *to, const char *username, const char *password);
/* Writes the answer to a check that came from `from`. */
size_t stun_success(uint8_t *to, const uint8_t *request, const struct sockaddr_in *from,
                    const char *password);

/* ---- DTLS-SRTP (srtp.c) ---- */

struct srtp;

/* The fingerprint of the certificate that all viewers use, as SDP has it. */
const char *dtls_fingerprint(void);
/* A DTLS client over `BIO_s_mem`. */
SSL *dtls_new(void);
/* Keys of the finished handshake; NULL when no profile was agreed. */
struct srtp *srtp_new(SSL *ssl);
/* Authenticates and opens an RTP packet in place; its size without the tag, or 0. */
size_t srtp_open(struct srtp *s, uint8_t *packet, size_t size);
/* Protects an RTCP packet in place; answers its size with index and tag. */
size_t srtcp_seal(struct srtp *s, uint8_t *packet, size_t size);

/* ---- H.264 over RTP (rtp.c) ---- */

struct rtp_video {
  bool seen, broken, in_frame, timed;
  uint16_t next;
  uint32_t timestamp, origin;
  struct body body;
};

/* Takes an RTP packet in the clear. */
void rtp_video_packet(struct connection *c, struct rtp_video *v, const uint8_t *packet,
                      size_t size, ns_t arrived);
/* Where the payload begins; 0 when it is no RTP packet. */
size_t rtp_head(const uint8_t *packet, size_t size);

/* ---- transport-wide feedback (twcc.c) ---- */

/* The extension's identifier is that of the offer. */
enum { TWCC_ID = 3, TWCC_MAX = 1024 };

struct twcc {
  bool seen;
  uint16_t first, count;
  uint8_t number;
  ns_t at[TWCC_MAX];
};

/* Notes a packet's arrival by its extension. */
void twcc_note(struct twcc *t, const uint8_t *packet, size_t size, ns_t arrived);
/* Writes feedback about everything since the last one; 0 when there is nothing to say. */
size_t twcc_write(struct twcc *t, uint8_t *to, uint32_t media_ssrc);

#endif
