/* Records what a process does to the files of one directory, and makes its disk full or failing.
 *
 * Loaded with LD_PRELOAD by flyball.testing.faults. Settings come from the environment:
 *   FLYBALL_FAULTS_DIRECTORY  the directory watched (a real path)
 *   FLYBALL_FAULTS_JOURNAL    where operations are appended, outside of it
 *   FLYBALL_FAULTS_ROOM       bytes that may be written before the disk is full; none: no limit
 *   FLYBALL_FAULTS_SYNCS      fsyncs that succeed before they fail with EIO; none: no limit
 *   FLYBALL_FAULTS_HEAL       once this file exists, the disk is well again
 *
 * One operation in the journal: kind (1 byte), object (8), offset (8), length of a (4), length of b (4), a, b; little
 * endian. An object is the inode; a file created anew is announced by 'C', so a reused inode is another object.
 *   C create: a = path     O open truncating: offset = 0     W write: a = data, offset     T truncate: offset = size
 *   S sync of a file       D sync of a directory: a = path   R rename: a = from, b = to    U unlink: a = path
 *   E failed sync of a file: what it had written and not synced is lost for good, unless it is written again
 *   M mkdir: a = path      X rmdir: a = path                 L link: a = from, b = to      P printed on stdout: a = data
 * Not seen: writes through mmap and by stdio inside libc; power_loss.unseen() finds files where that mattered.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char directory[PATH_MAX];
static size_t directory_length;
static int journal = -1;
static const char *heal;
static long long room = -1, syncs = -1;
static pthread_mutex_t gate = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

#define REAL(name, type) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, #name)

static long long setting(const char *name) {
    const char *text = getenv(name);
    return text && *text ? atoll(text) : -1;
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("FLYBALL_FAULTS_DIRECTORY"), *to = getenv("FLYBALL_FAULTS_JOURNAL");
    if (!where || !to || strlen(where) >= PATH_MAX) return;
    strcpy(directory, where);
    directory_length = strlen(directory);
    journal = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    room = setting("FLYBALL_FAULTS_ROOM");
    syncs = setting("FLYBALL_FAULTS_SYNCS");
    heal = getenv("FLYBALL_FAULTS_HEAL");
}

/* "" for the directory itself, "a/b" for what lies in it, NULL for the rest of the world. */
static const char *inside(const char *path) {
    if (journal < 0 || strncmp(path, directory, directory_length) != 0) return NULL;
    if (path[directory_length] == 0) return path + directory_length;
    return path[directory_length] == '/' ? path + directory_length + 1 : NULL;
}

/* The path of a descriptor's file; the kernel marks unlinked ones, which are still ours. */
static const char *inside_fd(int fd, char *buffer) {
    char link[64];
    if (journal < 0 || fd < 0) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, buffer, PATH_MAX - 1);
    if (n < 0) return NULL;
    buffer[n] = 0;
    return inside(buffer);
}

/* The real path of a name that need not exist: its directory resolved, its last part as it is. */
static const char *inside_name(int at, const char *name, char *buffer) {
    char whole[PATH_MAX], parent[PATH_MAX], link[64];
    if (journal < 0 || !name) return NULL;
    if (name[0] == '/') {
        if (snprintf(whole, sizeof whole, "%s", name) >= PATH_MAX) return NULL;
    } else {
        if (at == AT_FDCWD) {
            if (!getcwd(parent, sizeof parent)) return NULL;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            ssize_t n = readlink(link, parent, sizeof parent - 1);
            if (n < 0) return NULL;
            parent[n] = 0;
        }
        if (snprintf(whole, sizeof whole, "%s/%s", parent, name) >= PATH_MAX) return NULL;
    }
    size_t end = strlen(whole);
    while (end > 1 && whole[end - 1] == '/') whole[--end] = 0;
    char *slash = strrchr(whole, '/');
    if (!slash) return NULL;
    *slash = 0;
    if (!realpath(*whole ? whole : "/", parent)) return NULL;
    if (snprintf(buffer, PATH_MAX, "%s/%s", parent, slash + 1) >= PATH_MAX) return NULL;
    return inside(buffer);
}

static uint64_t object_of(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 ? (uint64_t)info.st_ino : 0;
}

static uint64_t object_at(const char *relative) {
    struct stat info;
    char whole[2 * PATH_MAX];
    snprintf(whole, sizeof whole, "%s/%s", directory, relative);
    return lstat(whole, &info) == 0 ? (uint64_t)info.st_ino : 0;
}

static void note(char kind, uint64_t object, int64_t offset, const void *a, size_t na, const void *b, size_t nb) {
    unsigned char head[25];
    uint32_t la = (uint32_t)na, lb = (uint32_t)nb;
    int kept = errno;
    head[0] = (unsigned char)kind;
    memcpy(head + 1, &object, 8);
    memcpy(head + 9, &offset, 8);
    memcpy(head + 17, &la, 4);
    memcpy(head + 21, &lb, 4);
    struct iovec parts[3] = {{head, 25}, {(void *)a, na}, {(void *)b, nb}};
    size_t whole = 25 + na + nb;
    if (syscall(SYS_writev, journal, parts, 3) != (long)whole) {
        fprintf(stderr, "faults: the journal could not be written\n");
        abort();
    }
    errno = kept;
}

static int healed(void) {
    if (heal && syscall(SYS_faccessat, AT_FDCWD, heal, F_OK) == 0) {
        room = -1;
        syncs = -1;
        return 1;
    }
    return 0;
}

/* How much of a write goes through: all, a part, or -1 for a full disk. */
static ssize_t allowed(size_t n) {
    int kept = errno;
    if (room < 0 || (long long)n <= room || healed()) {
        if (room >= 0) room -= (long long)n;
        errno = kept;
        return (ssize_t)n;
    }
    if (room > 0) {
        ssize_t part = (ssize_t)room;
        room = 0;
        errno = kept;
        return part;
    }
    errno = ENOSPC;
    return -1;
}

static int no_entry_left(void) {
    int kept = errno;
    if (room != 0 || healed()) {
        errno = kept;
        return 0;
    }
    errno = ENOSPC;
    return 1;
}

/* ---- data ---- */

typedef ssize_t (*write_t)(int, const void *, size_t);
static ssize_t real_write(int fd, const void *data, size_t n) {
    REAL(write, write_t);
    return real(fd, data, n);
}

ssize_t write(int fd, const void *data, size_t n) {
    char buffer[PATH_MAX];
    int ours = inside_fd(fd, buffer) != NULL;
    if (!ours && (fd != 1 || journal < 0)) return real_write(fd, data, n);
    pthread_mutex_lock(&gate);
    ssize_t part = ours ? allowed(n) : (ssize_t)n;
    ssize_t done = part < 0 ? -1 : real_write(fd, data, (size_t)part);
    if (done > 0 && ours) note('W', object_of(fd), lseek(fd, 0, SEEK_CUR) - done, data, (size_t)done, NULL, 0);
    if (done > 0 && !ours) note('P', 0, 0, data, (size_t)done, NULL, 0);
    pthread_mutex_unlock(&gate);
    return done;
}

typedef ssize_t (*pwrite_t)(int, const void *, size_t, off64_t);
static ssize_t write_at(pwrite_t real, int fd, const void *data, size_t n, off64_t offset) {
    char buffer[PATH_MAX];
    if (!inside_fd(fd, buffer)) return real(fd, data, n, offset);
    pthread_mutex_lock(&gate);
    ssize_t part = allowed(n);
    ssize_t done = part < 0 ? -1 : real(fd, data, (size_t)part, offset);
    if (done > 0) note('W', object_of(fd), offset, data, (size_t)done, NULL, 0);
    pthread_mutex_unlock(&gate);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t offset) {
    REAL(pwrite, pwrite_t);
    return write_at(real, fd, data, n, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t offset) {
    REAL(pwrite64, pwrite_t);
    return write_at(real, fd, data, n, offset);
}

typedef ssize_t (*writev_t)(int, const struct iovec *, int);
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev, writev_t);
    char buffer[PATH_MAX];
    if (!inside_fd(fd, buffer) && fd != 1) return real(fd, parts, count);
    ssize_t total = 0; /* one by one: short writes are allowed to anybody */
    for (int i = 0; i < count; i++) {
        if (parts[i].iov_len == 0) continue;
        ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (done < 0) return total ? total : -1;
        total += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return total;
}

static ssize_t write_parts_at(int fd, const struct iovec *parts, int count, off64_t offset) {
    ssize_t total = 0; /* one by one; pwrite64 looks whether the file is ours */
    for (int i = 0; i < count; i++) {
        if (parts[i].iov_len == 0) continue;
        ssize_t done = pwrite64(fd, parts[i].iov_base, parts[i].iov_len, offset + total);
        if (done < 0) return total ? total : -1;
        total += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return total;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return write_parts_at(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    return write_parts_at(fd, parts, count, offset);
}
typedef ssize_t (*pwritev2_t)(int, const struct iovec *, int, off64_t, int);
static ssize_t write_parts_flagged(pwritev2_t real, int fd, const struct iovec *parts, int count, off64_t at, int flags) {
    char buffer[PATH_MAX];
    if (!inside_fd(fd, buffer)) return real(fd, parts, count, at, flags);
    if (flags) { /* such as RWF_APPEND: callers fall back where it is missing */
        errno = EOPNOTSUPP;
        return -1;
    }
    return at < 0 ? writev(fd, parts, count) : write_parts_at(fd, parts, count, at);
}
ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
    REAL(pwritev2, pwritev2_t);
    return write_parts_flagged(real, fd, parts, count, offset, flags);
}
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags) {
    REAL(pwritev64v2, pwritev2_t);
    return write_parts_flagged(real, fd, parts, count, offset, flags);
}

typedef int (*ftruncate_t)(int, off64_t);
static int cut(ftruncate_t real, int fd, off64_t size) {
    char buffer[PATH_MAX];
    if (!inside_fd(fd, buffer)) return real(fd, size);
    pthread_mutex_lock(&gate);
    int result = real(fd, size);
    if (result == 0) note('T', object_of(fd), size, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&gate);
    return result;
}
int ftruncate(int fd, off_t size) {
    REAL(ftruncate, ftruncate_t);
    return cut(real, fd, size);
}
int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64, ftruncate_t);
    return cut(real, fd, size);
}

typedef int (*truncate_t)(const char *, off64_t);
static int cut_name(truncate_t real, const char *name, off64_t size) {
    char buffer[PATH_MAX];
    const char *relative = inside_name(AT_FDCWD, name, buffer);
    if (!relative) return real(name, size);
    pthread_mutex_lock(&gate);
    int result = real(name, size);
    if (result == 0) note('T', object_at(relative), size, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&gate);
    return result;
}
int truncate(const char *name, off_t size) {
    REAL(truncate, truncate_t);
    return cut_name(real, name, size);
}
int truncate64(const char *name, off64_t size) {
    REAL(truncate64, truncate_t);
    return cut_name(real, name, size);
}

/* Callers fall back to write() where these are missing, which is what we want. */
typedef int (*posix_fallocate_t)(int, off64_t, off64_t);
int posix_fallocate(int fd, off_t offset, off_t n) {
    REAL(posix_fallocate, posix_fallocate_t);
    char buffer[PATH_MAX];
    return inside_fd(fd, buffer) ? EOPNOTSUPP : real(fd, offset, n);
}
int posix_fallocate64(int fd, off64_t offset, off64_t n) {
    REAL(posix_fallocate64, posix_fallocate_t);
    char buffer[PATH_MAX];
    return inside_fd(fd, buffer) ? EOPNOTSUPP : real(fd, offset, n);
}
typedef int (*fallocate_t)(int, int, off64_t, off64_t);
int fallocate(int fd, int mode, off_t offset, off_t n) {
    REAL(fallocate, fallocate_t);
    char buffer[PATH_MAX];
    if (!inside_fd(fd, buffer)) return real(fd, mode, offset, n);
    errno = EOPNOTSUPP;
    return -1;
}
int fallocate64(int fd, int mode, off64_t offset, off64_t n) {
    REAL(fallocate64, fallocate_t);
    char buffer[PATH_MAX];
    if (!inside_fd(fd, buffer)) return real(fd, mode, offset, n);
    errno = EOPNOTSUPP;
    return -1;
}
typedef ssize_t (*sendfile_t)(int, int, off64_t *, size_t);
ssize_t sendfile(int out, int in, off_t *offset, size_t n) {
    REAL(sendfile, sendfile_t);
    char buffer[PATH_MAX];
    if (!inside_fd(out, buffer)) return real(out, in, (off64_t *)offset, n);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int out, int in, off64_t *offset, size_t n) {
    REAL(sendfile64, sendfile_t);
    char buffer[PATH_MAX];
    if (!inside_fd(out, buffer)) return real(out, in, offset, n);
    errno = ENOSYS;
    return -1;
}
typedef ssize_t (*copy_file_range_t)(int, off64_t *, int, off64_t *, size_t, unsigned);
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned flags) {
    REAL(copy_file_range, copy_file_range_t);
    char buffer[PATH_MAX];
    if (!inside_fd(out, buffer)) return real(in, from, out, to, n, flags);
    errno = ENOSYS;
    return -1;
}

/* ---- durability ---- */

typedef int (*fsync_t)(int);
static int sync_fd(fsync_t real, int fd) {
    char buffer[PATH_MAX];
    const char *relative = inside_fd(fd, buffer);
    if (!relative) return real(fd);
    pthread_mutex_lock(&gate);
    struct stat info;
    int result = fstat(fd, &info); /* nothing here needs the real disk: what would be lost is simulated */
    if (result == 0 && syncs == 0 && !healed()) {
        /* Linux reports a failed write-back once and then takes the pages for clean: the next fsync succeeds. */
        if (!S_ISDIR(info.st_mode)) note('E', info.st_ino, 0, NULL, 0, NULL, 0);
        errno = EIO;
        result = -1;
    } else {
        if (syncs > 0) syncs--;
        if (result == 0 && S_ISDIR(info.st_mode)) note('D', info.st_ino, 0, relative, strlen(relative), NULL, 0);
        else if (result == 0) note('S', info.st_ino, 0, NULL, 0, NULL, 0);
    }
    pthread_mutex_unlock(&gate);
    return result;
}
int fsync(int fd) {
    REAL(fsync, fsync_t);
    return sync_fd(real, fd);
}
int fdatasync(int fd) {
    REAL(fdatasync, fsync_t);
    return sync_fd(real, fd);
}

/* ---- names ---- */

typedef int (*openat_t)(int, const char *, int, ...);
static int open_name(int at, const char *name, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *relative = (flags & (O_CREAT | O_TRUNC)) ? inside_name(at, name, buffer) : NULL;
    if (relative && (flags & O_TMPFILE) == O_TMPFILE) relative = NULL;
    if (!relative) return (int)syscall(SYS_openat, at, name, flags, mode);
    pthread_mutex_lock(&gate);
    int new = object_at(relative) == 0, fd = -1;
    if (!new || !(flags & O_CREAT) || !no_entry_left()) fd = (int)syscall(SYS_openat, at, name, flags, mode);
    if (fd >= 0 && new) note('C', object_of(fd), 0, relative, strlen(relative), NULL, 0);
    else if (fd >= 0 && (flags & O_TRUNC)) note('O', object_of(fd), 0, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&gate);
    return fd;
}
#define MODE_OF(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, last); \
        mode = (mode_t)va_arg(rest, int); \
        va_end(rest); \
    }
int open(const char *name, int flags, ...) {
    MODE_OF(flags, flags)
    return open_name(AT_FDCWD, name, flags, mode);
}
int open64(const char *name, int flags, ...) {
    MODE_OF(flags, flags)
    return open_name(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}
int openat(int at, const char *name, int flags, ...) {
    MODE_OF(flags, flags)
    return open_name(at, name, flags, mode);
}
int openat64(int at, const char *name, int flags, ...) {
    MODE_OF(flags, flags)
    return open_name(at, name, flags | O_LARGEFILE, mode);
}
int __open_2(const char *name, int flags) { return open_name(AT_FDCWD, name, flags, 0); }
int __open64_2(const char *name, int flags) { return open_name(AT_FDCWD, name, flags | O_LARGEFILE, 0); }
int __openat_2(int at, const char *name, int flags) { return open_name(at, name, flags, 0); }
int __openat64_2(int at, const char *name, int flags) { return open_name(at, name, flags | O_LARGEFILE, 0); }
int creat(const char *name, mode_t mode) { return open_name(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return creat(name, mode); }

static int rename_names(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX];
    const char *x = inside_name(from_at, from, a), *y = inside_name(to_at, to, b);
    if (!x && !y) return (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
    if (!x || !y || flags) { /* a file that comes from outside has content that nobody saw */
        errno = EXDEV;
        return -1;
    }
    pthread_mutex_lock(&gate);
    uint64_t object = object_at(x);
    int result = (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0);
    if (result == 0) note('R', object, 0, x, strlen(x), y, strlen(y));
    pthread_mutex_unlock(&gate);
    return result;
}
int rename(const char *from, const char *to) { return rename_names(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int fa, const char *from, int ta, const char *to) { return rename_names(fa, from, ta, to, 0); }
int renameat2(int fa, const char *from, int ta, const char *to, unsigned flags) {
    return rename_names(fa, from, ta, to, flags);
}

static int unlink_name(int at, const char *name, int flags) {
    char buffer[PATH_MAX];
    const char *relative = inside_name(at, name, buffer);
    if (!relative) return (int)syscall(SYS_unlinkat, at, name, flags);
    pthread_mutex_lock(&gate);
    int result = (int)syscall(SYS_unlinkat, at, name, flags);
    if (result == 0) note((flags & AT_REMOVEDIR) ? 'X' : 'U', 0, 0, relative, strlen(relative), NULL, 0);
    pthread_mutex_unlock(&gate);
    return result;
}
int unlink(const char *name) { return unlink_name(AT_FDCWD, name, 0); }
int unlinkat(int at, const char *name, int flags) { return unlink_name(at, name, flags); }
int rmdir(const char *name) { return unlink_name(AT_FDCWD, name, AT_REMOVEDIR); }
int remove(const char *name) {
    int result = unlink(name);
    return result == 0 || errno != EISDIR ? result : rmdir(name);
}

static int make_directory(int at, const char *name, mode_t mode) {
    char buffer[PATH_MAX];
    const char *relative = inside_name(at, name, buffer);
    if (!relative) return (int)syscall(SYS_mkdirat, at, name, mode);
    pthread_mutex_lock(&gate);
    int result = -1;
    if (!no_entry_left()) result = (int)syscall(SYS_mkdirat, at, name, mode);
    if (result == 0) note('M', object_at(relative), 0, relative, strlen(relative), NULL, 0);
    pthread_mutex_unlock(&gate);
    return result;
}
int mkdir(const char *name, mode_t mode) { return make_directory(AT_FDCWD, name, mode); }
int mkdirat(int at, const char *name, mode_t mode) { return make_directory(at, name, mode); }

static int link_names(int fa, const char *from, int ta, const char *to, int flags) {
    char a[PATH_MAX], b[PATH_MAX];
    const char *x = inside_name(fa, from, a), *y = inside_name(ta, to, b);
    if (!x && !y) return (int)syscall(SYS_linkat, fa, from, ta, to, flags);
    if (!x || !y) {
        errno = EXDEV;
        return -1;
    }
    pthread_mutex_lock(&gate);
    int result = (int)syscall(SYS_linkat, fa, from, ta, to, flags);
    if (result == 0) note('L', object_at(y), 0, x, strlen(x), y, strlen(y));
    pthread_mutex_unlock(&gate);
    return result;
}
int link(const char *from, const char *to) { return link_names(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int fa, const char *from, int ta, const char *to, int flags) { return link_names(fa, from, ta, to, flags); }
