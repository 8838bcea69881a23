/*
 * A disk that forgets what was not synced. Preloaded into one process (LD_PRELOAD), it keeps, for
 * everything below one directory, what a power failure would leave of it:
 *
 *   $FORGETFUL_DISK_ROOT       the directory that is watched; the process works in it as always
 *   $FORGETFUL_DISK_SIDE       outside of it, on the same file system; survives a kill -9
 *     live/INODE               a hard link to each watched file: what the page cache holds. It also
 *                              keeps the number from being given to another file
 *     medium/INODE             what the medium holds: the content as of the last sync
 *     dirty/INODE              a bit for each page that was written and not synced (struct pages)
 *     graves/INODE             directories that were removed, so that their numbers stay taken
 *     names                    an append-only log of names, see record()
 *     control                  faults, changed from outside while we run (struct control)
 *     boot_id                  if it exists: what /proc/sys/kernel/random/boot_id shows
 *
 * Killed at any instant, the side directory is a state that a medium could be in: a page is marked
 * before it is written, a name is noted after it changed, and a sync that was interrupted has
 * copied some pages and not others, which is what an interrupted sync does. powerLoss() in
 * power-loss.ts makes the directory anew from it.
 *
 * Not seen: stores through shared mappings, O_SYNC, fallocate, truncate by path, several processes
 * on one directory. What is written through a FILE is found by copying the whole file at its sync.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
/* A watched file may have this many pages: 256 MiB. */
#define PAGES_MAX 65536
#define BUCKETS 1024
#define NAME_RECORD_MAX 65536
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
/* A process that was killed may hold the side directory for a moment longer. */
#define LOCK_ATTEMPTS_MAX 500
#define LOCK_RETRY_US 10000

/* The function that ours stands in front of. */
#define REAL(name)                                              \
  ({                                                            \
    static __typeof__(&name) real_function;                     \
    if (!real_function) real_function = dlsym(RTLD_NEXT, #name); \
    real_function;                                              \
  })

/* Numbers of 32 bits in the order of the machine; setMode() in forgetful-disk.ts writes them. */
struct control {
  uint32_t slow_sync_ms;  /* every sync takes so much longer */
  uint32_t fail_sync_in;  /* the n-th sync from now fails with EIO; 0 = none */
  uint32_t disk_full;     /* no file grows, none is created */
  uint32_t short_writes;  /* a write takes half of what it is given */
  uint32_t lying_syncs;   /* a sync answers at once and does nothing */
};

/* What is not on the medium yet. Mapped from dirty/INODE, so it outlives the process. */
struct pages {
  uint8_t all;            /* written in ways that we do not see: every page may be dirty */
  uint8_t reserved[63];
  uint8_t bits[PAGES_MAX / 8];
};

struct node {
  ino_t number;
  bool is_directory;
  struct pages *dirty;    /* NULL for a directory */
  struct node *next;
};

static struct {
  bool on;
  dev_t device;
  int side;
  int names;
  struct control *control;
  struct node *buckets[BUCKETS];
} disk;

/* One for everything: no two watched operations run at once, so each sees what the last one did. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void enter(void) { pthread_mutex_lock(&lock); }

static void leave(void) {
  int kept = errno;
  pthread_mutex_unlock(&lock);
  errno = kept;
}

/* A test that runs without what it believes in must not go on. */
static void *must(const void *pointer, const char *what) {
  if (pointer == NULL || pointer == MAP_FAILED) {
    dprintf(2, "forgetful-disk: %s: %s\n", what, strerror(errno));
    _exit(99);
  }
  return (void *)pointer;
}

static int must_not_fail(int result, const char *what) {
  must(result < 0 ? NULL : "", what);
  return result;
}

static const char *side_path(char *path, const char *folder, ino_t number) {
  sprintf(path, "%s/%llu", folder, (unsigned long long)number);
  return path;
}

static int open_side(const char *folder, ino_t number, int flags) {
  char path[64];
  side_path(path, folder, number);
  return must_not_fail(REAL(openat)(disk.side, path, flags | O_CLOEXEC, 0644), path);
}

static void *map_side(int file, size_t length) {
  must_not_fail(REAL(ftruncate)(file, length), "grow a mapped file");
  void *mapped = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  REAL(close)(file);
  return must(mapped, "map");
}

/* ---- files and directories that are watched ---- */

static struct node *find(ino_t number) {
  struct node *node = disk.buckets[number % BUCKETS];
  while (node != NULL && node->number != number) node = node->next;
  return node;
}

static bool is_watchable(const struct stat *found) {
  return found->st_dev == disk.device && (S_ISREG(found->st_mode) || S_ISDIR(found->st_mode));
}

/* Watches what `path` below `at` names; idempotent. NULL for what is neither file nor directory. */
static struct node *watch(int at, const char *path) {
  struct stat found;
  if (fstatat(at, path, &found, AT_SYMLINK_NOFOLLOW) != 0 || !is_watchable(&found)) return NULL;
  struct node *node = find(found.st_ino);
  if (node != NULL) return node;
  node = must(calloc(1, sizeof *node), "watch");
  node->number = found.st_ino;
  node->is_directory = S_ISDIR(found.st_mode);
  if (!node->is_directory) {
    char live[64];
    side_path(live, "live", node->number);
    if (REAL(linkat)(at, path, disk.side, live, 0) != 0 && errno != EEXIST) must(NULL, live);
    REAL(close)(open_side("medium", node->number, O_RDWR | O_CREAT));
    node->dirty = map_side(open_side("dirty", node->number, O_RDWR | O_CREAT), sizeof *node->dirty);
  }
  node->next = disk.buckets[node->number % BUCKETS];
  return disk.buckets[node->number % BUCKETS] = node;
}

/* The watched directory that `path` is in, or NULL. */
static struct node *parent_of(int at, const char *path) {
  char directory[PATH_MAX] = ".";
  const char *slash = strrchr(path, '/');
  if (!disk.on || strlen(path) >= sizeof directory) return NULL;
  if (slash != NULL) sprintf(directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
  struct stat found;
  int kept = errno;
  bool exists = fstatat(at, directory, &found, 0) == 0 && found.st_dev == disk.device;
  errno = kept;
  return exists ? find(found.st_ino) : NULL;
}

static const char *name_in(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

/* The watched file or directory behind a descriptor, or NULL. */
static struct node *node_of(int fd, struct stat *found) {
  int kept = errno;
  bool may_be = disk.on && fstat(fd, found) == 0 && is_watchable(found);
  errno = kept;
  return may_be ? find(found->st_ino) : NULL;
}

/*
 * Adds a line to the log of names; fields are separated by tabs. Changes not yet on the medium:
 *
 *   +  DIRECTORY  ENTRY            a name was made; ENTRY = f or d, INODE, '/', name
 *   -  DIRECTORY  NAME             a name was removed
 *   >  DIRECTORY  NAME  DIRECTORY  ENTRY    a name became another, in one step
 *
 * and the sync of a directory, after which the medium knows exactly these:
 *
 *   =  DIRECTORY  ENTRY ...
 */
static void record(const char *format, ...) {
  static char line[NAME_RECORD_MAX];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  must(length < (int)sizeof line ? "" : NULL, "a record too long");
  must_not_fail(REAL(write)(disk.names, line, length) == length ? 0 : -1, "names");
}

#define ENTRY "%c%llu/%s"
#define ENTRY_OF(node, name) \
  (node)->is_directory ? 'd' : 'f', (unsigned long long)(node)->number, name
#define NUMBER(node) (unsigned long long)(node)->number

static void record_added(struct node *parent, struct node *node, const char *path) {
  if (parent == NULL || node == NULL) return;
  record("+\t%llu\t" ENTRY "\n", NUMBER(parent), ENTRY_OF(node, name_in(path)));
}

/* ---- pages ---- */

static void mark(struct node *node, off_t from, off_t to) {
  must(to <= (off_t)PAGES_MAX * PAGE ? "" : NULL, "a file too large");
  for (off_t page = from / PAGE; page * PAGE < to; page++)
    node->dirty->bits[page / 8] |= 1 << (page % 8);
}

static void copy_page(int live, int medium, off_t page) {
  char bytes[PAGE];
  ssize_t length = must_not_fail(pread(live, bytes, PAGE, page * PAGE), "read a page");
  ssize_t copied = REAL(pwrite)(medium, bytes, length, page * PAGE);
  must(copied == length ? "" : NULL, "write a page");
}

/*
 * The dirty pages reach the medium. Without `metadata` (fdatasync) a size that shrank need not:
 * only what it takes to read the data back is promised.
 */
static void sync_file(struct node *node, bool metadata) {
  int live = open_side("live", node->number, O_RDONLY);
  int medium = open_side("medium", node->number, O_RDWR);
  struct stat now, before;
  must_not_fail(fstat(live, &now) | fstat(medium, &before), "size of a file");
  if (node->dirty->all) mark(node, 0, now.st_size);
  for (off_t page = 0; page * PAGE < now.st_size; page++) {
    uint8_t *bits = &node->dirty->bits[page / 8], bit = 1 << (page % 8);
    if (!(*bits & bit)) continue;
    copy_page(live, medium, page);
    *bits &= ~bit;
  }
  if (metadata || now.st_size > before.st_size)
    must_not_fail(REAL(ftruncate)(medium, now.st_size), "size of a medium");
  REAL(close)(live);
  REAL(close)(medium);
}

/* The directory's names reach the medium. A file that came unseen is watched from now on. */
static void sync_directory(struct node *directory, int fd) {
  static char entries[NAME_RECORD_MAX - 64];
  size_t length = 0;
  int copy = must_not_fail(REAL(openat)(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open .");
  DIR *listing = must(fdopendir(copy), "list a directory");
  entries[0] = 0;
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    bool is_known = find(entry->d_ino) != NULL;
    struct node *node = watch(copy, entry->d_name);
    if (node == NULL) continue;
    if (!is_known && !node->is_directory) node->dirty->all = 1;
    length += snprintf(entries + length, sizeof entries - length, "\t" ENTRY,
                       ENTRY_OF(node, entry->d_name));
    must(length < sizeof entries ? "" : NULL, "a directory too large");
  }
  closedir(listing);
  record("=\t%llu%s\n", NUMBER(directory), entries);
}

/*
 * A sync that fails does so as on Linux: the pages count as clean from then on although the medium
 * never got them, and the next sync succeeds without them.
 */
static int sync_descriptor(int fd, bool metadata, int (*real)(int)) {
  struct stat found;
  enter();
  struct node *node = node_of(fd, &found);
  leave();
  if (node == NULL) return real(fd);
  struct control *control = disk.control;
  if (control->lying_syncs) return 0;
  /* The medium has nothing of it before the end; a disk that becomes quick again ends the wait. */
  for (uint32_t ms = 0; ms < control->slow_sync_ms; ms += 5) usleep(5000);
  int result = 0;
  enter();
  if (control->fail_sync_in > 0 && --control->fail_sync_in == 0) {
    if (!node->is_directory) memset(node->dirty, 0, sizeof *node->dirty);
    errno = EIO;
    result = -1;
  } else if (node->is_directory) {
    sync_directory(node, fd);
  } else {
    sync_file(node, metadata);
  }
  leave();
  return result;
}

int fsync(int fd) { return sync_descriptor(fd, true, REAL(fsync)); }
int fdatasync(int fd) { return sync_descriptor(fd, false, REAL(fdatasync)); }

/* ---- writing ---- */

static size_t total(const struct iovec *buffers, int count) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += buffers[i].iov_len;
  return length;
}

/* How many of the bytes are written in one go; 0 when the disk is full. */
static size_t allowed(size_t length, off_t position, off_t size) {
  size_t most = length;
  if (disk.control->disk_full && position + (off_t)length > size)
    most = position < size ? size - position : 0;
  return disk.control->short_writes ? (most + 1) / 2 : most;
}

/* Writes to a watched file; `position` -1: where it stands. False when it is not watched. */
static bool intercept(int fd, const struct iovec *buffers, int count, off_t position,
                      ssize_t *written) {
  struct stat found;
  enter();
  struct node *node = node_of(fd, &found);
  bool is_watched = node != NULL && !node->is_directory;
  if (is_watched) {
    bool appends = fcntl(fd, F_GETFL) & O_APPEND;
    off_t from = position >= 0 ? position : appends ? found.st_size : lseek(fd, 0, SEEK_CUR);
    size_t length = total(buffers, count), most = allowed(length, from, found.st_size);
    struct iovec less = {buffers->iov_base, most < buffers->iov_len ? most : buffers->iov_len};
    if (most < length) buffers = &less, count = 1;
    mark(node, from, from + most);
    *written = position >= 0 ? REAL(pwritev)(fd, buffers, count, position)
                             : REAL(writev)(fd, buffers, count);
    if (most == 0 && length > 0) *written = -1, errno = ENOSPC;
  }
  leave();
  return is_watched;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec all = {(void *)bytes, length};
  ssize_t written;
  return intercept(fd, &all, 1, -1, &written) ? written : REAL(write)(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t position) {
  struct iovec all = {(void *)bytes, length};
  ssize_t written;
  return intercept(fd, &all, 1, position, &written) ? written
                                                    : REAL(pwrite)(fd, bytes, length, position);
}

ssize_t writev(int fd, const struct iovec *buffers, int count) {
  ssize_t written;
  return intercept(fd, buffers, count, -1, &written) ? written : REAL(writev)(fd, buffers, count);
}

ssize_t pwritev(int fd, const struct iovec *buffers, int count, off_t position) {
  ssize_t written;
  return intercept(fd, buffers, count, position, &written)
             ? written
             : REAL(pwritev)(fd, buffers, count, position);
}

int ftruncate(int fd, off_t size) {
  struct stat found;
  enter();
  struct node *node = node_of(fd, &found);
  if (node != NULL && size < found.st_size) mark(node, size, found.st_size);
  int result = REAL(ftruncate)(fd, size);
  leave();
  return result;
}

/* ---- names ---- */

static int open_watched(struct node *parent, int at, const char *path, int flags, mode_t mode) {
  struct stat before;
  bool existed = fstatat(at, path, &before, 0) == 0;
  if (!existed && disk.control->disk_full) {
    errno = ENOSPC;
    return -1;
  }
  if (existed && (flags & O_TRUNC) && S_ISREG(before.st_mode))
    mark(watch(at, path), 0, before.st_size);
  int fd = REAL(openat)(at, path, flags, mode);
  if (fd < 0 || existed) return fd;
  record_added(parent, watch(at, path), path);
  return fd;
}

int openat(int at, const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list values;
    va_start(values, flags);
    mode = va_arg(values, mode_t);
    va_end(values);
  }
  if (disk.on && strcmp(path, BOOT_ID) == 0 && faccessat(disk.side, "boot_id", R_OK, 0) == 0)
    return REAL(openat)(disk.side, "boot_id", flags);
  if (!disk.on || !(flags & (O_CREAT | O_TRUNC))) return REAL(openat)(at, path, flags, mode);
  enter();
  struct node *parent = parent_of(at, path);
  int fd = parent == NULL ? REAL(openat)(at, path, flags, mode)
                          : open_watched(parent, at, path, flags, mode);
  leave();
  return fd;
}

int open(const char *path, int flags, ...) {
  va_list values;
  va_start(values, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(values, mode_t) : 0;
  va_end(values);
  return openat(AT_FDCWD, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode) {
  if (mode[0] == 'r' && strchr(mode, '+') == NULL) return REAL(fopen)(path, mode);
  enter();
  struct stat before;
  struct node *parent = parent_of(AT_FDCWD, path);
  bool existed = parent != NULL && stat(path, &before) == 0;
  FILE *stream = REAL(fopen)(path, mode);
  struct node *node = stream != NULL && parent != NULL ? watch(AT_FDCWD, path) : NULL;
  if (node != NULL && !node->is_directory) node->dirty->all = 1;
  if (!existed) record_added(parent, node, path);
  leave();
  return stream;
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  enter();
  struct node *source = parent_of(from_at, from), *target = parent_of(to_at, to);
  struct node *moved = source != NULL || target != NULL ? watch(from_at, from) : NULL;
  int result = REAL(renameat2)(from_at, from, to_at, to, flags);
  if (result == 0 && moved != NULL) {
    if (source != NULL && target != NULL)
      record(">\t%llu\t%s\t%llu\t" ENTRY "\n", NUMBER(source), name_in(from), NUMBER(target),
             ENTRY_OF(moved, name_in(to)));
    else if (source != NULL)
      record("-\t%llu\t%s\n", NUMBER(source), name_in(from));
    else
      record_added(target, moved, to);
  }
  leave();
  return result;
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
  return renameat2(from_at, from, to_at, to, 0);
}

int rename(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
  enter();
  int result = REAL(linkat)(from_at, from, to_at, to, flags);
  struct node *parent = result == 0 ? parent_of(to_at, to) : NULL;
  if (parent != NULL) record_added(parent, watch(to_at, to), to);
  leave();
  return result;
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

static bool is_empty(int at, const char *path) {
  int fd = REAL(openat)(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *listing = fd < 0 ? NULL : fdopendir(fd);
  int entries = 0;
  while (listing != NULL && readdir(listing) != NULL) entries++;
  if (listing != NULL) closedir(listing);
  return entries == 2;
}

/* Moves it away instead: its number may still be what the medium knows the name by. */
static int remove_directory(int at, const char *path, struct node *directory) {
  char grave[64];
  if (!is_empty(at, path)) {
    errno = ENOTEMPTY;
    return -1;
  }
  return REAL(renameat2)(at, path, disk.side, side_path(grave, "graves", directory->number), 0);
}

int unlinkat(int at, const char *path, int flags) {
  enter();
  struct node *parent = parent_of(at, path);
  struct node *directory = parent != NULL && (flags & AT_REMOVEDIR) ? watch(at, path) : NULL;
  int result = directory != NULL && directory->is_directory ? remove_directory(at, path, directory)
                                                            : REAL(unlinkat)(at, path, flags);
  if (result == 0 && parent != NULL) record("-\t%llu\t%s\n", NUMBER(parent), name_in(path));
  leave();
  return result;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int at, const char *path, mode_t mode) {
  enter();
  struct node *parent = parent_of(at, path);
  int result = REAL(mkdirat)(at, path, mode);
  if (result == 0 && parent != NULL) record_added(parent, watch(at, path), path);
  leave();
  return result;
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* On this machine an off_t has 64 bits, whatever it is called. */
int open64(const char *, int, ...) __attribute__((alias("open")));
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));
FILE *fopen64(const char *, const char *) __attribute__((alias("fopen")));
int ftruncate64(int, off64_t) __attribute__((alias("ftruncate")));
ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
ssize_t pwritev64(int, const struct iovec *, int, off64_t) __attribute__((alias("pwritev")));

/* ---- start ---- */

/* Watches a directory and all below it. `adopt`: as it is, it is what the medium holds. */
static void watch_tree(int at, const char *path, bool adopt) {
  struct node *node = watch(at, path);
  if (node == NULL) return;
  if (!node->is_directory) {
    if (!adopt) return;
    node->dirty->all = 1;
    sync_file(node, true);
    node->dirty->all = 0;
    return;
  }
  int fd = must_not_fail(REAL(openat)(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
  DIR *listing = must(fdopendir(dup(fd)), path);
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      watch_tree(fd, entry->d_name, adopt);
  closedir(listing);
  if (adopt) sync_directory(node, fd);
  REAL(close)(fd);
}

static void only_one_process(void) {
  int fd = REAL(openat)(disk.side, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  int attempts = 0;
  while (flock(must_not_fail(fd, "lock"), LOCK_EX | LOCK_NB) != 0) {
    if (++attempts == LOCK_ATTEMPTS_MAX) must(NULL, "another process holds the side directory");
    usleep(LOCK_RETRY_US);
  }
}

__attribute__((constructor)) static void start(void) {
  const char *root = getenv("FORGETFUL_DISK_ROOT"), *side = getenv("FORGETFUL_DISK_SIDE");
  struct stat found;
  if (root == NULL || side == NULL) return;
  must_not_fail(stat(root, &found), root);
  disk.device = found.st_dev;
  disk.side = must_not_fail(REAL(openat)(AT_FDCWD, side, O_RDONLY | O_DIRECTORY | O_CLOEXEC), side);
  only_one_process();
  const char *folders[] = {"live", "medium", "dirty", "graves"};
  for (int i = 0; i < 4; i++) REAL(mkdirat)(disk.side, folders[i], 0755);
  int control = REAL(openat)(disk.side, "control", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  disk.control = map_side(must_not_fail(control, "control"), sizeof *disk.control);
  /* The log appears when it is complete: interrupted, the tree is adopted once more. */
  bool adopt = faccessat(disk.side, "names", F_OK, 0) != 0;
  const char *log = adopt ? "names.new" : "names";
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (adopt ? O_TRUNC : 0);
  disk.names = must_not_fail(REAL(openat)(disk.side, log, flags, 0644), log);
  if (adopt) record("root\t%llu\n", (unsigned long long)found.st_ino);
  watch_tree(AT_FDCWD, root, adopt);
  if (adopt) must_not_fail(REAL(renameat2)(disk.side, log, disk.side, "names", 0), "names");
  disk.on = true;
}
