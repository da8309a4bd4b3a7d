/* check.c: heraldctl check: the program looks at its own host (herald --check, which reads the
 * configuration), then we ask the server that the settings name, if it is there.
 *
 *     herald --check --lines "fault  disk  ..."--> findings --> lines, or JSON when all are known
 */
#include "web/ctl/check.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "web/ctl/client.h"

enum { PATH_SIZE = 4096, WHY_SIZE = 512, SKEW_MOST_S = 5, PATIENCE_S = 30, LINE_SIZE = 8192 };

struct checking {
    const char *config, *program;
    char beside[PATH_SIZE];
    json_t *findings; /* NULL: they are printed as they come */
    unsigned faults;
};

static void take_finding(struct checking *checking, const char *finding, const char *part,
                         const char *text)
{
    checking->faults += strcmp(finding, "fault") == 0;
    if (checking->findings == NULL)
        printf("%-6s %-14s %s\n", finding, part, text);
    else
        json_array_append_new(checking->findings, json_pack("{s:s, s:s, s:s}", "finding", finding,
                                                            "part", part, "text", text));
}

static void say(struct checking *checking, const char *finding, const char *part,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
static void say(struct checking *checking, const char *finding, const char *part,
                const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    take_finding(checking, finding, part, text);
}

static bool take_words(struct checking *checking, int count, const char *const *words)
{
    for (int i = 0; i + 1 < count; i += 2) {
        if (strcmp(words[i], "--config") == 0)
            checking->config = words[i + 1];
        else if (strcmp(words[i], "--herald") == 0)
            checking->program = words[i + 1];
        else
            return false;
    }
    return count % 2 == 0;
}

/* herald beside us, else wherever PATH finds it. */
static const char *program_of(struct checking *checking)
{
    if (checking->program != NULL)
        return checking->program;
    ssize_t length = readlink("/proc/self/exe", checking->beside, PATH_SIZE - 1);
    if (length <= 0)
        return "herald";
    checking->beside[length] = '\0';
    char *name = strrchr(checking->beside, '/') + 1;
    if ((size_t)(name - checking->beside) + sizeof("herald") > PATH_SIZE)
        return "herald";
    memcpy(name, "herald", sizeof("herald"));
    return access(checking->beside, X_OK) == 0 ? checking->beside : "herald";
}

static void take_lines(struct checking *checking, FILE *lines)
{
    char line[LINE_SIZE];
    while (fgets(line, sizeof(line), lines) != NULL) {
        char finding[8], part[32];
        int text = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%7s %31s %n", finding, part, &text) == 2 && text > 0)
            take_finding(checking, finding, part, line + text);
    }
}

static void become(const char *program, const char *config, int out)
{
    if (dup2(out, STDOUT_FILENO) < 0)
        _exit(127);
    if (config != NULL)
        execlp(program, program, "--check", "--config", config, (char *)NULL);
    else
        execlp(program, program, "--check", (char *)NULL);
    _exit(127);
}

/* Ends with a fault of our own when the program did not come to its end. */
static void run_program(struct checking *checking, const char *program)
{
    int ends[2], status = 0;
    const unsigned before = checking->faults;
    (void)fflush(stdout);
    pid_t child = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (child == 0)
        become(program, checking->config, ends[1]);
    if (child > 0) {
        (void)close(ends[1]);
        FILE *lines = fdopen(ends[0], "r");
        if (lines != NULL) {
            take_lines(checking, lines);
            (void)fclose(lines);
        }
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    bool ended = child > 0 && WIFEXITED(status);
    if (!ended || WEXITSTATUS(status) == 127)
        say(checking, "fault", "program",
            "%s cannot be run; name it: heraldctl check --herald PROGRAM", program);
    else if (WEXITSTATUS(status) != EXIT_SUCCESS && checking->faults == before)
        say(checking, "fault", "program",
            "%s --check failed and did not say why; is it of another version?", program);
}

static void check_skew(struct checking *checking, long long date_s)
{
    long long skew_s = date_s - (long long)time(NULL);
    if (date_s == 0)
        return;
    if (skew_s < -SKEW_MOST_S || skew_s > SKEW_MOST_S)
        say(checking, "fault", "clock",
            "the server's clock is %lld seconds %s this one; let both hosts take the time from the "
            "network (timedatectl set-ntp true)",
            skew_s < 0 ? -skew_s : skew_s, skew_s < 0 ? "behind" : "ahead of");
    else
        say(checking, "ok", "clock", "the server's agrees with this one");
}

static void check_server(struct checking *checking, const struct ctl_settings *settings)
{
    char why[WHY_SIZE];
    struct ctl_answer answer;
    const struct ctl_server server = {.url = settings->url,
                                      .ca = settings->ca[0] != '\0' ? settings->ca : NULL};
    const struct ctl_call call = {
        .method = "GET", .path = "/api/v1/ready", .timeout_s = PATIENCE_S};
    bool there = ctl_send(&server, &call, &answer, why);
    if (!there)
        say(checking, "note", "server", "%s", why);
    else if (answer.status == 200)
        say(checking, "ok", "server", "%s takes requests", settings->url);
    else
        say(checking, "fault", "server",
            "%s is not ready (%ld): its disk does not keep up, or something else answers "
            "there; see its log",
            settings->url, answer.status);
    if (there)
        check_skew(checking, answer.date_s);
    free(answer.text);
}

static void check(struct checking *checking, const struct ctl_settings *settings)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    run_program(checking, program_of(checking));
    check_server(checking, settings);
    curl_global_cleanup();
    if (checking->findings == NULL)
        return;
    json_dumpf(checking->findings, stdout, JSON_INDENT(2));
    fputs("\n", stdout);
}

int ctl_check(struct ctl_settings *settings, bool json, int count, const char *const *words)
{
    struct checking checking = {.findings = json ? json_array() : NULL};
    char why[WHY_SIZE];
    const bool worded = take_words(&checking, count, words);
    const bool good = worded && ctl_settings_fill(settings, why, sizeof(why));
    if (good)
        check(&checking, settings);
    else
        fprintf(stderr, "heraldctl: %s\n",
                worded ? why : "check takes --config FILE and --herald PROGRAM");
    json_decref(checking.findings);
    return good && checking.faults == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
