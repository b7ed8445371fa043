#include "whep.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* DTLS 1.2 and SRTP with AES128_CM_SHA1_80 (RFC 5764, RFC 3711). */

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* SHA1_Init lets states be copied */

enum { TAG = 10, SALT = 14, KEY = 16 };

struct direction {
  EVP_CIPHER_CTX *cipher;
  uint8_t salt[SALT];
  /* SHA-1 after the padded key's block: of the inner and of the outer digest. */
  SHA_CTX inner, outer;
};

struct srtp {
  struct direction rtp, rtcp;
  bool seen;
  uint64_t highest;
  uint32_t rtcp_index;
};

static SSL_CTX *context;
static char fingerprint[3 * 32];

static void make_context(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400 * 30);
  X509_set_pubkey(certificate, key);
  X509_NAME *name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"load", -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  uint8_t digest[32];
  X509_digest(certificate, EVP_sha256(), digest, NULL);
  for (int i = 0; i < 32; i++) sprintf(fingerprint + i * 3, "%02X%s", digest[i], i < 31 ? ":" : "");

  context = SSL_CTX_new(DTLS_client_method());
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  if (SSL_CTX_use_certificate(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey(context, key) != 1 ||
      SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80") != 0) {
    ERR_print_errors_fp(stderr);
    exit(1);
  }
}

const char *dtls_fingerprint(void) {
  if (context == NULL) make_context();
  return fingerprint;
}

SSL *dtls_new(void) {
  SSL *ssl = SSL_new(context);
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu(ssl, 1200);
  SSL_set_connect_state(ssl);
  return ssl;
}

/* RFC 3711, 4.3: the key stream of the master key, with the label in the salt. */
static void derive(EVP_CIPHER_CTX *cipher, const uint8_t *salt, int label, uint8_t *to, int size) {
  static const uint8_t zeros[32];
  uint8_t iv[16] = {0};
  memcpy(iv, salt, SALT);
  iv[7] ^= (uint8_t)label;
  EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, iv);
  EVP_EncryptUpdate(cipher, to, &size, zeros, size);
}

static void set_direction(struct direction *d, const uint8_t *key, const uint8_t *salt, int first) {
  uint8_t session[20], block[64];
  EVP_CIPHER_CTX *master = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(master, EVP_aes_128_ctr(), NULL, key, NULL);
  d->cipher = EVP_CIPHER_CTX_new();
  derive(master, salt, first, session, KEY);
  EVP_EncryptInit_ex(d->cipher, EVP_aes_128_ctr(), NULL, session, NULL);
  derive(master, salt, first + 1, session, 20);
  derive(master, salt, first + 2, d->salt, SALT);
  EVP_CIPHER_CTX_free(master);
  memset(block, 0x36, sizeof block);
  for (int i = 0; i < 20; i++) block[i] ^= session[i];
  SHA1_Init(&d->inner);
  SHA1_Update(&d->inner, block, sizeof block);
  for (int i = 0; i < 64; i++) block[i] ^= 0x36 ^ 0x5c;
  SHA1_Init(&d->outer);
  SHA1_Update(&d->outer, block, sizeof block);
}

struct srtp *srtp_new(SSL *ssl) {
  uint8_t keys[2 * (KEY + SALT)];
  if (SSL_get_selected_srtp_profile(ssl) == NULL ||
      SSL_export_keying_material(ssl, keys, sizeof keys, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0) != 1)
    return NULL;
  /* client key, server key, client salt, server salt */
  struct srtp *s = calloc(1, sizeof *s);
  set_direction(&s->rtp, keys + KEY, keys + 2 * KEY + SALT, 0);
  set_direction(&s->rtcp, keys, keys + 2 * KEY, 3);
  return s;
}

static void crypt(struct direction *d, uint32_t ssrc, uint64_t index, uint8_t *bytes, size_t size) {
  uint8_t iv[16] = {0};
  memcpy(iv, d->salt, SALT);
  for (int i = 0; i < 4; i++) iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
  for (int i = 0; i < 6; i++) iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
  int done;
  EVP_EncryptInit_ex(d->cipher, NULL, NULL, NULL, iv);
  EVP_EncryptUpdate(d->cipher, bytes, &done, bytes, (int)size);
}

static void digest_of(const struct direction *d, const uint8_t *bytes, size_t size,
                      const uint8_t *more, size_t more_size, uint8_t digest[20]) {
  SHA_CTX sha = d->inner;
  SHA1_Update(&sha, bytes, size);
  SHA1_Update(&sha, more, more_size);
  SHA1_Final(digest, &sha);
  sha = d->outer;
  SHA1_Update(&sha, digest, 20);
  SHA1_Final(digest, &sha);
}

static uint32_t get32(const uint8_t *from) {
  return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}
static void put32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> (24 - 8 * i));
}

size_t srtp_open(struct srtp *s, uint8_t *packet, size_t size) {
  size_t head = size > TAG ? rtp_head(packet, size - TAG) : 0;
  if (head == 0) return 0;
  uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
  uint64_t index = sequence;
  if (s->seen) index = s->highest + (uint64_t)(int64_t)(int16_t)(sequence - (uint16_t)s->highest);
  uint8_t roc[4], digest[20];
  put32(roc, (uint32_t)(index >> 16));
  digest_of(&s->rtp, packet, size - TAG, roc, 4, digest);
  if (memcmp(digest, packet + size - TAG, TAG) != 0) return 0;
  if (!s->seen || index > s->highest) s->highest = index;
  s->seen = true;
  crypt(&s->rtp, get32(packet + 8), index, packet + head, size - TAG - head);
  return size - TAG;
}

size_t srtcp_seal(struct srtp *s, uint8_t *packet, size_t size) {
  uint32_t index = ++s->rtcp_index;
  uint8_t digest[20];
  crypt(&s->rtcp, get32(packet + 4), index, packet + 8, size - 8);
  put32(packet + size, index | 0x80000000u);
  digest_of(&s->rtcp, packet, size + 4, NULL, 0, digest);
  memcpy(packet + size + 4, digest, TAG);
  return size + 4 + TAG;
}
