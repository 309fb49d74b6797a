/* A disk that forgets and fails, for the tests: preloaded into the server (LD_PRELOAD). power.py is its other half.

   What a program writes stands in the kernel's memory until the disk has it, and only fsync says that it does. A test
   can't cut the power; so here a shadow is kept of what would have survived. Files under $DISK_FOLDER work as ever, and
   each fsync copies what was written since the one before to $DISK_SHADOW. An fsync of the folder itself writes down
   which name is which file: until then a new file has no name, and a removed one still has its own.

     $DISK_SHADOW/<number>   a file as the disk has it
     $DISK_SHADOW/names      lines of "<number> <name>", as the disk has the folder

     $DISK_SLOW   milliseconds that each fsync takes
     $DISK_FAULT  if that file is there, it holds a line such as "fsync EIO once" or "write ENOSPC always": the next
                  such call fails, or every one until the file is gone

   A SQLite -shm file is memory and no file: it is let alone. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct range {
    off_t begin, end;
    struct range *next;
};

/* A file, by what it is and not by a descriptor: it may be open several times. */
struct file {
    dev_t device;
    ino_t inode;
    int number;
    struct range *dirty;
    struct file *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static int last_number;
static int slow;
static char folder[PATH_MAX], shadow[PATH_MAX], fault[PATH_MAX];

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_unlink)(const char *);

static void must(int holds, const char *what) {
    if (!holds) {
        perror(what);
        abort();
    }
}

static struct file *known(const struct stat *found) {
    for (struct file *file = files; file; file = file->next)
        if (file->inode == found->st_ino && file->device == found->st_dev) return file;
    struct file *file = calloc(1, sizeof *file);
    must(file != NULL, "calloc");
    file->device = found->st_dev;
    file->inode = found->st_ino;
    file->number = ++last_number;
    file->next = files;
    return files = file;
}

static int is_memory(const char *path) {
    size_t length = strlen(path);
    return length >= 4 && !strcmp(path + length - 4, "-shm");
}

/* Whether a descriptor is a file in the folder (1), the folder itself (2), or none of our business (0). */
static int place(int fd, struct stat *found) {
    char link[64], path[PATH_MAX];
    if (!*folder || fstat(fd, found) || !(S_ISREG(found->st_mode) || S_ISDIR(found->st_mode))) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (S_ISDIR(found->st_mode)) return strcmp(path, folder) ? 0 : 2;
    size_t begin = strlen(folder);
    return !strncmp(path, folder, begin) && path[begin] == '/' && !is_memory(path);
}

static void touched(struct file *file, off_t begin, off_t end) {
    if (begin >= end) return;
    if (file->dirty && file->dirty->end == begin) { /* the usual case: one after the other */
        file->dirty->end = end;
        return;
    }
    struct range *range = malloc(sizeof *range);
    must(range != NULL, "malloc");
    *range = (struct range){begin, end, file->dirty};
    file->dirty = range;
}

/* The file as it is now reaches the disk, as far as it was written to. */
static void copy(struct file *file, int from, off_t size) {
    char path[PATH_MAX + 16], bytes[1 << 16];
    snprintf(path, sizeof path, "%s/%d", shadow, file->number);
    int to = open(path, O_WRONLY | O_CREAT, 0600);
    must(to >= 0, path);
    while (file->dirty) {
        struct range *range = file->dirty;
        off_t end = range->end < size ? range->end : size;
        for (off_t at = range->begin; at < end;) {
            size_t wanted = end - at < (off_t)sizeof bytes ? (size_t)(end - at) : sizeof bytes;
            ssize_t got = pread(from, bytes, wanted, at);
            must(got > 0, "pread");
            must(real_pwrite(to, bytes, got, at) == got, "pwrite to the shadow");
            at += got;
        }
        file->dirty = range->next;
        free(range);
    }
    must(!real_ftruncate(to, size), "ftruncate of the shadow");
    close(to);
}

/* The folder reaches the disk: its names, that is. */
static void copy_names(void) {
    char path[PATH_MAX + 300], before[PATH_MAX + 16];
    snprintf(before, sizeof before, "%s/names.new", shadow);
    snprintf(path, sizeof path, "%s/names", shadow);
    FILE *names = fopen(before, "w");
    DIR *entries = opendir(folder);
    must(names && entries, "the names");
    for (struct dirent *entry; (entry = readdir(entries));) {
        char name[PATH_MAX + 300];
        struct stat found;
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (!stat(name, &found) && S_ISREG(found.st_mode) && !is_memory(name))
            fprintf(names, "%d %s\n", known(&found)->number, entry->d_name);
    }
    closedir(entries);
    fclose(names);
    must(!rename(before, path), "rename");
}

/* What is there when the program starts is on the disk. */
static void begin(void) {
    DIR *entries = opendir(folder);
    must(entries != NULL, folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        char name[PATH_MAX + 300];
        struct stat found;
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (stat(name, &found) || !S_ISREG(found.st_mode) || is_memory(name)) continue;
        int fd = open(name, O_RDONLY);
        must(fd >= 0, name);
        struct file *file = known(&found);
        touched(file, 0, found.st_size);
        copy(file, fd, found.st_size);
        close(fd);
    }
    closedir(entries);
    copy_names();
}

__attribute__((constructor)) static void start(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    unsetenv("LD_PRELOAD"); /* the server's disk, not its children's */
    const char *its_folder = getenv("DISK_FOLDER"), *its_shadow = getenv("DISK_SHADOW");
    const char *its_fault = getenv("DISK_FAULT");
    if (getenv("DISK_SLOW")) slow = atoi(getenv("DISK_SLOW"));
    if (its_fault) snprintf(fault, sizeof fault, "%s", its_fault);
    if (!its_folder || !its_shadow) return;
    must(realpath(its_folder, folder) && realpath(its_shadow, shadow), "DISK_FOLDER, DISK_SHADOW");
    begin();
}

/* Whether this call has to fail now; errno says how. */
static int fails(const char *call) {
    char line[64] = "", wanted[16], name[16], often[16];
    int fd = *fault ? open(fault, O_RDONLY) : -1;
    if (fd < 0) return 0;
    ssize_t length = read(fd, line, sizeof line - 1);
    close(fd);
    if (length <= 0 || sscanf(line, "%15s %15s %15s", wanted, name, often) != 3 || strcmp(wanted, call)) return 0;
    if (!strcmp(often, "once")) real_unlink(fault);
    errno = !strcmp(name, "ENOSPC") ? ENOSPC : EIO;
    return 1;
}

static ssize_t written(int fd, const void *bytes, size_t count, off_t at, int there) {
    struct stat found;
    if (place(fd, &found) != 1) return there ? real_pwrite(fd, bytes, count, at) : real_write(fd, bytes, count);
    pthread_mutex_lock(&lock);
    ssize_t done = -1;
    if (!fails("write")) {
        if (!there) at = lseek(fd, 0, SEEK_CUR);
        done = there ? real_pwrite(fd, bytes, count, at) : real_write(fd, bytes, count);
        if (done > 0) touched(known(&found), at, at + done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

static int truncated(int fd, off_t size) {
    struct stat found;
    if (place(fd, &found) != 1) return real_ftruncate(fd, size);
    pthread_mutex_lock(&lock);
    int done = real_ftruncate(fd, size);
    off_t before = found.st_size;
    if (!done) touched(known(&found), size < before ? size : before, size < before ? before : size);
    pthread_mutex_unlock(&lock);
    return done;
}

static int synced(int fd) {
    struct stat found;
    int where = place(fd, &found);
    if (!where) return real_fsync(fd);
    pthread_mutex_lock(&lock);
    int done = -1;
    usleep(slow * 1000);
    if (!fails("fsync") && !(done = real_fsync(fd))) {
        if (where == 2)
            copy_names();
        else if (!fstat(fd, &found)) /* again: another thread may have written since */
            copy(known(&found), fd, found.st_size);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t count) { return written(fd, bytes, count, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return written(fd, bytes, count, at, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) { return written(fd, bytes, count, at, 1); }
int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off_t size) { return truncated(fd, size); }
int fsync(int fd) { return synced(fd); }
int fdatasync(int fd) { return synced(fd); }

/* Its inode may be another file's soon: that one is new then. */
int unlink(const char *path) {
    struct stat found;
    pthread_mutex_lock(&lock);
    int there = *folder && !stat(path, &found);
    int done = real_unlink(path);
    for (struct file **file = &files; there && !done && found.st_nlink == 1 && *file; file = &(*file)->next)
        if ((*file)->inode == found.st_ino && (*file)->device == found.st_dev) {
            *file = (*file)->next; /* a few bytes are not worth freeing in a process that is to be killed */
            break;
        }
    pthread_mutex_unlock(&lock);
    return done;
}
