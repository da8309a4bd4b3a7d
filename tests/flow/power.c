/* power.c: a disk that forgets what was not synced, for programs that are killed: LD_PRELOAD it.
 *
 *     write, truncate --> what was there before goes to an undo file, then it happens
 *     sync            --> the undo file is emptied: this much would be on the platter
 *     kill -9         --> whoever tests plays the undo file backwards (power.py), as if the
 *                         machine had lost its power and all that only its memory held
 *
 * HERALD_POWER names the folder for the undo files; HERALD_POWER_LIES=1 makes a disk that says
 * "synced" and is not. Only files called herald.db* are looked after, but for the shared index
 * (-shm), which SQLite maps, and makes anew after a crash. What these files could be changed with
 * unseen (write, a mapping) ends the program: a shim that misses something proves nothing. That a
 * file was made, or taken away, counts as synced at once; nothing here really syncs.
 *
 * An interposed function has no context to be given, so the state is global, against the house
 * rule. Each change is one step with its undo record (the lock), so a sync takes exactly what came
 * before it. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 16, DESCRIPTORS_MAX = 4096 };

/* Before each piece of an undo file; `length` old bytes follow. */
struct undo {
    uint64_t offset, length; /* of the old bytes */
    uint64_t size;           /* of the file before */
    uint64_t wrote;          /* new bytes at the offset */
};

static struct {
    pthread_mutex_t lock;
    struct {
        char name[64];
        int undo; /* descriptor */
    } files[FILES_MAX];
    unsigned count;
    atomic_int of[DESCRIPTORS_MAX]; /* which file a descriptor is, from 1; 0: none of ours */
} power = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void die(const char *why)
{
    fprintf(stderr, "power: %s\n", why);
    abort();
}

/* The function behind ours. */
static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        die(name);
    return found;
}

static int file_of(int descriptor)
{
    return descriptor >= 0 && descriptor < DESCRIPTORS_MAX ? atomic_load(&power.of[descriptor]) : 0;
}

static bool is_looked_after(const char *name)
{
    size_t length = strlen(name);
    return strncmp(name, "herald.db", 9) == 0 && length < sizeof(power.files[0].name) &&
           strcmp(name + length - 4, "-shm") != 0;
}

typedef int open_fn(const char *path, int flags, ...);

static int file_add(const char *name)
{
    char path[4096];
    const char *folder = getenv("HERALD_POWER");
    if (folder == NULL || power.count == FILES_MAX)
        die("HERALD_POWER names no folder, or there are too many files");
    snprintf(path, sizeof(path), "%s/%s.undo", folder, name);
    int undo = ((open_fn *)real("open64"))(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (undo < 0)
        die("an undo file cannot be opened");
    snprintf(power.files[power.count].name, sizeof(power.files[0].name), "%s", name);
    power.files[power.count].undo = undo;
    return (int)++power.count;
}

/* Notes which of our files a new descriptor is. */
static void note_open(int descriptor, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    int file = 0;
    if (descriptor < 0 || !is_looked_after(name))
        return;
    if (descriptor >= DESCRIPTORS_MAX)
        die("too many descriptors");
    pthread_mutex_lock(&power.lock);
    for (unsigned i = 0; i < power.count; i++)
        file = strcmp(power.files[i].name, name) == 0 ? (int)i + 1 : file;
    atomic_store(&power.of[descriptor], file != 0 ? file : file_add(name));
    pthread_mutex_unlock(&power.lock);
}

/* Writes down what `length` bytes at `offset`, of which `wrote` are about to be written, are now.
 * Holds the lock. */
static void remember(int descriptor, int file, uint64_t offset, uint64_t length, uint64_t wrote)
{
    struct stat now;
    if (fstat(descriptor, &now) != 0)
        die("fstat");
    uint64_t size = (uint64_t)now.st_size, there = size > offset ? size - offset : 0;
    struct undo undo = {offset, length < there ? length : there, size, wrote};
    char *old = malloc(undo.length + 1);
    if (old == NULL)
        die("malloc");
    if (pread(descriptor, old, undo.length, (off_t)offset) != (ssize_t)undo.length)
        die("pread");
    struct iovec parts[] = {{&undo, sizeof(undo)}, {old, undo.length}};
    if (writev(power.files[file - 1].undo, parts, 2) != (ssize_t)(sizeof(undo) + undo.length))
        die("the undo file cannot be written");
    free(old);
}

/* Ours, under the names that others call. */
int power_open(const char *path, int flags, ...) __asm__("open64");
int power_close(int descriptor) __asm__("close");
ssize_t power_pwrite(int descriptor, const void *bytes, size_t length,
                     off64_t offset) __asm__("pwrite64");
int power_ftruncate(int descriptor, off64_t length) __asm__("ftruncate64");
int power_fdatasync(int descriptor) __asm__("fdatasync");
int power_fsync(int descriptor) __asm__("fsync");
ssize_t power_write(int descriptor, const void *bytes, size_t length) __asm__("write");
void *power_mmap(void *at, size_t length, int rights, int flags, int descriptor,
                 off64_t offset) __asm__("mmap64");

/* The functions that change files. */

int power_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    int descriptor = ((open_fn *)real("open64"))(path, flags, mode);
    if (descriptor >= 0 && (flags & O_TRUNC) != 0 && is_looked_after(path))
        die("truncated when opened");
    note_open(descriptor, path);
    return descriptor;
}

int power_close(int descriptor)
{
    if (file_of(descriptor) != 0)
        atomic_store(&power.of[descriptor], 0);
    return ((int (*)(int))real("close"))(descriptor);
}

ssize_t power_pwrite(int descriptor, const void *bytes, size_t length, off64_t offset)
{
    typedef ssize_t pwrite_fn(int, const void *, size_t, off64_t);
    pwrite_fn *behind = (pwrite_fn *)real("pwrite64");
    int file = file_of(descriptor);
    if (file == 0)
        return behind(descriptor, bytes, length, offset);
    pthread_mutex_lock(&power.lock);
    remember(descriptor, file, (uint64_t)offset, length, length);
    ssize_t written = behind(descriptor, bytes, length, offset);
    pthread_mutex_unlock(&power.lock);
    return written;
}

int power_ftruncate(int descriptor, off64_t length)
{
    typedef int ftruncate_fn(int, off64_t);
    ftruncate_fn *behind = (ftruncate_fn *)real("ftruncate64");
    int file = file_of(descriptor);
    if (file == 0)
        return behind(descriptor, length);
    pthread_mutex_lock(&power.lock);
    remember(descriptor, file, (uint64_t)length, UINT64_MAX, 0);
    int code = behind(descriptor, length);
    pthread_mutex_unlock(&power.lock);
    return code;
}

/* A disk takes its time, in which the power may fail; what is written meanwhile is synced, too. */
static int synced(int file)
{
    const struct timespec turn = {.tv_nsec = 8000000};
    const char *lies = getenv("HERALD_POWER_LIES");
    if (lies != NULL && strcmp(lies, "1") == 0)
        return 0;
    nanosleep(&turn, NULL);
    pthread_mutex_lock(&power.lock);
    int code = ((int (*)(int, off64_t))real("ftruncate64"))(power.files[file - 1].undo, 0);
    pthread_mutex_unlock(&power.lock);
    return code;
}

int power_fdatasync(int descriptor)
{
    int file = file_of(descriptor);
    return file != 0 ? synced(file) : ((int (*)(int))real("fdatasync"))(descriptor);
}

int power_fsync(int descriptor)
{
    int file = file_of(descriptor);
    return file != 0 ? synced(file) : ((int (*)(int))real("fsync"))(descriptor);
}

/* And those by which they could be changed unseen. */

ssize_t power_write(int descriptor, const void *bytes, size_t length)
{
    if (file_of(descriptor) != 0)
        die("write() to a file that is looked after");
    return ((ssize_t(*)(int, const void *, size_t))real("write"))(descriptor, bytes, length);
}

void *power_mmap(void *at, size_t length, int rights, int flags, int descriptor, off64_t offset)
{
    typedef void *mmap_fn(void *, size_t, int, int, int, off64_t);
    if (file_of(descriptor) != 0)
        die("mmap() of a file that is looked after");
    return ((mmap_fn *)real("mmap64"))(at, length, rights, flags, descriptor, offset);
}
