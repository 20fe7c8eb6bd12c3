/* Preloaded into PostgreSQL: a disk that takes longer to say that it has written. The file holds the delay in microseconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned *delay;

__attribute__((constructor)) static void find_delay(void) {
  const char *file = getenv("FSYNC_DELAY_FILE");
  int handle = file ? open(file, O_RDONLY) : -1;
  void *page = handle < 0 ? MAP_FAILED : mmap(NULL, sizeof *delay, PROT_READ, MAP_SHARED, handle, 0);
  if (page != MAP_FAILED) delay = page;
  if (handle >= 0) close(handle);
}

static void pause_first(void) {
  struct timespec time = {0, delay ? *delay * 1000L : 0};
  if (time.tv_nsec) nanosleep(&time, NULL);
}

int fsync(int handle) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  pause_first();
  return real(handle);
}

int fdatasync(int handle) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  pause_first();
  return real(handle);
}
