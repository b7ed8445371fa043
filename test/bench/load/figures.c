#include "load.h"

#include <sys/resource.h>
#include <time.h>

ns_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (ns_t)t.tv_sec * SECOND_NS + (ns_t)t.tv_nsec;
}

double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Values below 32 have a bucket each; above, every power of two has 32. */
static uint32_t bucket_of(uint64_t us) {
  if (us < 32) return (uint32_t)us;
  uint32_t shift = 58 - (uint32_t)__builtin_clzll(us);
  uint32_t bucket = (shift + 1) * 32 + (uint32_t)((us >> shift) & 31);
  return bucket < 40 * 32 ? bucket : 40 * 32 - 1;
}

static uint64_t upper_bound_of(uint32_t bucket) {
  if (bucket < 32) return bucket;
  uint32_t shift = bucket / 32 - 1;
  return (((uint64_t)(bucket % 32) + 33) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t us) {
  h->bucket[bucket_of(us)]++;
  h->count++;
  if (us > h->most) h->most = us;
}

static double milliseconds_at(const struct histogram *h, double share) {
  uint64_t wanted = (uint64_t)((double)h->count * share), seen = 0;
  for (uint32_t i = 0; i < 40 * 32; i++) {
    seen += h->bucket[i];
    if (seen > wanted || seen == h->count) {
      uint64_t us = upper_bound_of(i);
      return (double)(us < h->most ? us : h->most) / 1000;
    }
  }
  return 0;
}

void histogram_print(const char *name, const struct histogram *h) {
  printf(",\"%s\":{\"count\":%llu,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}", name,
         (unsigned long long)h->count, milliseconds_at(h, 0.5), milliseconds_at(h, 0.9),
         milliseconds_at(h, 0.99), (double)h->most / 1000);
}
