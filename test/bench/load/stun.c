#include "whep.h"

#include <arpa/inet.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

/* STUN (RFC 8489) as far as connectivity checks (RFC 8445) need it. */

enum { HEADER = 20, COOKIE = 0x2112a442 };

static void put16(uint8_t *to, uint32_t value) { to[0] = (uint8_t)(value >> 8), to[1] = (uint8_t)value; }
static void put32(uint8_t *to, uint32_t value) { put16(to, value >> 16), put16(to + 2, value); }

int stun_type(const uint8_t *bytes, size_t size) {
  if (size < HEADER || bytes[0] > 3 || memcmp(bytes + 4, "\x21\x12\xa4\x42", 4) != 0) return 0;
  return bytes[0] << 8 | bytes[1];
}

static size_t put_attribute(uint8_t *to, size_t at, int type, const void *value, size_t size) {
  put16(to + at, (uint32_t)type);
  put16(to + at + 2, (uint32_t)size);
  memset(to + at + 4, 0, (size + 3) & ~3u);
  memcpy(to + at + 4, value, size);
  return at + 4 + ((size + 3) & ~3u);
}

static uint32_t crc32_of(const uint8_t *bytes, size_t size) {
  uint32_t crc = ~0u;
  while (size-- > 0) {
    crc ^= *bytes++;
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
  }
  return ~crc;
}

/* MESSAGE-INTEGRITY and FINGERPRINT, each over a header that counts it already. */
static size_t finish(uint8_t *to, size_t at, const char *password) {
  uint8_t digest[20], crc[4];
  put16(to + 2, (uint32_t)(at + 24 - HEADER));
  HMAC(EVP_sha1(), password, (int)strlen(password), to, at, digest, NULL);
  at = put_attribute(to, at, 0x0008, digest, sizeof digest);
  put16(to + 2, (uint32_t)(at + 8 - HEADER));
  put32(crc, crc32_of(to, at) ^ 0x5354554e);
  return put_attribute(to, at, 0x8028, crc, sizeof crc);
}

size_t stun_check(uint8_t *to, const char *username, const char *password) {
  uint8_t priority[4], controlling[8] = {1};
  put16(to, STUN_REQUEST);
  put32(to + 4, COOKIE);
  RAND_bytes(to + 8, 12);
  put32(priority, 0x6e7f00ff);
  size_t at = put_attribute(to, HEADER, 0x0006, username, strlen(username));
  at = put_attribute(to, at, 0x0024, priority, sizeof priority);
  at = put_attribute(to, at, 0x802a, controlling, sizeof controlling);
  at = put_attribute(to, at, 0x0025, "", 0);
  return finish(to, at, password);
}

size_t stun_success(uint8_t *to, const uint8_t *request, const struct sockaddr_in *from,
                    const char *password) {
  uint8_t mapped[8] = {0, 1};
  put16(to, STUN_SUCCESS);
  memcpy(to + 4, request + 4, 16);
  put16(mapped + 2, ntohs(from->sin_port) ^ (COOKIE >> 16));
  put32(mapped + 4, ntohl(from->sin_addr.s_addr) ^ COOKIE);
  return finish(to, put_attribute(to, HEADER, 0x0020, mapped, sizeof mapped), password);
}
