/* A slow disk, for the scenario `commit`: to be preloaded into the server (LD_PRELOAD). Each fsync and fdatasync takes
   MILLISECONDS longer. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int slowly(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct timespec rest = {0, MILLISECONDS * 1000000L};
    while (nanosleep(&rest, &rest)) {
    }
    return real(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
