// What Scripts/bench cannot measure from Python: a command's own peak memory, and durable appends.
//
// usage: stopwatch run REPORT COMMAND…                 runs a command; writes its cost to the file REPORT
//        stopwatch raw LINES FILE BATCH SECONDS        write + fdatasync of lines, nothing else: the limit of appending
//        stopwatch serve FILE                          that limit behind pipes: acknowledges what it has synced
//        stopwatch drive LINES BATCH SECONDS COMMAND…  sends lines to COMMAND and waits for a line back for each
//
// The kernel counts the memory of the process that starts a command as the command's own, until it has more; this one
// is small. LINES is a file of events, a line each. The first batch is not on the clock. Figures are a line of JSON.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { pipeBytes = 1 << 20, latencyMax = 1 << 22 };
static double latencies[latencyMax];

static void die(const char *what) {
  fprintf(stderr, "stopwatch: %s: %s\n", what, strerror(errno));
  exit(2);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void writeAll(int file, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(file, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) die("write");
    bytes += written;
    count -= (size_t)written;
  }
}

static int openEmpty(const char *path) {
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
  if (file < 0) die(path);
  return file;
}

// The lines that are still to be sent; the mapped file is read once beforehand, so that no page fault is measured.
static const char *next, *end;

static void openLines(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat about;
  if (file < 0 || fstat(file, &about) < 0) die(path);
  size_t count = about.st_size < (1 << 28) ? (size_t)about.st_size : (size_t)(1 << 28);
  next = mmap(NULL, count, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  if (next == MAP_FAILED) die(path);
  end = next + count;
}

// The bytes of the next `batch` lines, which begin at *start; 0 when there are not enough.
static size_t takeLines(long batch, const char **start) {
  const char *from = next, *at = next;
  for (long i = 0; i < batch; i++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    if (newline == NULL) return 0;
    at = newline + 1;
  }
  *start = from;
  next = at;
  return (size_t)(at - from);
}

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec * 1e-6; }

static int measured(char **words) {
  double started = now();
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    execvp(words[1], words + 1);
    die(words[1]);
  }
  int status;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) < 0) die("wait");
  double took = now() - started;
  FILE *report = fopen(words[0], "w");
  if (report == NULL) die(words[0]);
  fprintf(report, "{\"seconds\": %.6f, \"processor_seconds\": %.6f, \"peak_bytes\": %ld}\n", took,
          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024);
  if (fclose(report) != 0) die(words[0]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int ascending(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

static void report(long commits, long batch, double seconds) {
  long kept = commits < latencyMax ? commits : latencyMax;
  if (kept == 0) {
    fprintf(stderr, "stopwatch: too few lines for one batch on the clock\n");
    exit(2);
  }
  qsort(latencies, (size_t)kept, sizeof latencies[0], ascending);
  printf("{\"events\": %ld, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
         commits * batch, seconds, latencies[kept / 2] * 1e6, latencies[kept * 99 / 100] * 1e6);
}

static void raw(char **words) {
  openLines(words[0]);
  int file = openEmpty(words[1]);
  long batch = atol(words[2]), commits = -1;
  double limit = atof(words[3]), spent = 0;
  const char *lines;
  for (size_t count; spent < limit && (count = takeLines(batch, &lines)) > 0; commits++) {
    double started = now();
    writeAll(file, lines, count);
    if (fdatasync(file) < 0) die("fdatasync");
    double took = now() - started;
    if (commits < 0) continue;
    if (commits < latencyMax) latencies[commits] = took;
    spent += took;
  }
  report(commits, batch, spent);
}

static void serve(char **words) {
  int file = openEmpty(words[0]);
  static char received[pipeBytes], acknowledgements[pipeBytes];
  for (;;) {
    ssize_t count = read(0, received, sizeof received);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) die("standard input");
    if (count == 0) return;
    writeAll(file, received, (size_t)count);
    if (fdatasync(file) < 0) die("fdatasync");
    size_t lines = 0;
    for (ssize_t i = 0; i < count; i++)
      if (received[i] == '\n') acknowledgements[lines++] = '\n';
    writeAll(1, acknowledgements, lines);
  }
}

static void drive(char **words) {
  openLines(words[0]);
  long batch = atol(words[1]), commits = -1;
  double limit = atof(words[2]), spent = 0;
  int toCommand[2], fromCommand[2];
  if (pipe(toCommand) < 0 || pipe(fromCommand) < 0) die("pipe");
  fcntl(toCommand[1], F_SETPIPE_SZ, pipeBytes);  // a batch in one piece, where the system allows it
  fcntl(fromCommand[1], F_SETPIPE_SZ, pipeBytes);
  signal(SIGPIPE, SIG_IGN);
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    dup2(toCommand[0], 0);
    dup2(fromCommand[1], 1);
    close(toCommand[0]), close(toCommand[1]), close(fromCommand[0]), close(fromCommand[1]);
    execvp(words[3], words + 3);
    die(words[3]);
  }
  close(toCommand[0]), close(fromCommand[1]);
  static char answer[pipeBytes];
  const char *lines;
  for (size_t count; spent < limit && (count = takeLines(batch, &lines)) > 0; commits++) {
    double started = now();
    writeAll(toCommand[1], lines, count);
    for (long waiting = batch; waiting > 0;) {
      ssize_t got = read(fromCommand[0], answer, sizeof answer);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        fprintf(stderr, "stopwatch: %s ended before it had acknowledged every line\n", words[3]);
        exit(2);
      }
      for (ssize_t i = 0; i < got; i++) waiting -= answer[i] == '\n';
    }
    double took = now() - started;
    if (commits < 0) continue;
    if (commits < latencyMax) latencies[commits] = took;
    spent += took;
  }
  close(toCommand[1]);
  int status;
  if (waitpid(child, &status, 0) < 0) die("wait");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "stopwatch: %s ended with status %d\n", words[3], WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    exit(2);
  }
  report(commits, batch, spent);
}

int main(int count, char **words) {
  if (count >= 4 && strcmp(words[1], "run") == 0) return measured(words + 2);
  if (count == 6 && strcmp(words[1], "raw") == 0) raw(words + 2);
  else if (count == 3 && strcmp(words[1], "serve") == 0) serve(words + 2);
  else if (count >= 6 && strcmp(words[1], "drive") == 0) drive(words + 2);
  else {
    fprintf(stderr, "usage: stopwatch run REPORT COMMAND… | raw LINES FILE BATCH SECONDS | serve FILE | "
                    "drive LINES BATCH SECONDS COMMAND…\n");
    return 2;
  }
  return 0;
}
