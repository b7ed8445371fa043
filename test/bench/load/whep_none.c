#include "load.h"

/* In place of whep.c where OpenSSL is not at hand. */

int whep_open(uint32_t index) {
  load.opened++;
  load.connections[index].fd = -1;
  connection_close(&load.connections[index], "the load tool was built without OpenSSL");
  return -1;
}
void whep_event(struct connection *c) { (void)c; }
void whep_leave(void) {}
ns_t whep_turn(ns_t now) {
  (void)now;
  return UINT64_MAX;
}
