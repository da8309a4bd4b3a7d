/* check.c: heraldctl check: the program looks at its own host (herald --check, which reads the
 * configuration), then we ask the server that the settings name, if it is there. */
#include "web/ctl/check.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "web/ctl/client.h"

enum { PATH_SIZE = 4096, WHY_SIZE = 512, SKEW_MOST_S = 5, PATIENCE_S = 30 };

struct checking {
    const char *config, *program;
    char beside[PATH_SIZE];
};

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

/* True when it found no fault. */
static bool run_program(const char *program, const char *config)
{
    int status = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (config != NULL)
            execlp(program, program, "--check", "--config", config, (char *)NULL);
        else
            execlp(program, program, "--check", (char *)NULL);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    bool ended = child > 0 && WIFEXITED(status);
    if (!ended || WEXITSTATUS(status) == 127)
        printf(
            "fault  program        %s cannot be run; name it: heraldctl check --herald PROGRAM\n",
            program);
    return ended && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static bool check_skew(long long date_s)
{
    long long skew_s = date_s - (long long)time(NULL);
    bool good = date_s == 0 || (skew_s >= -SKEW_MOST_S && skew_s <= SKEW_MOST_S);
    if (!good)
        printf(
            "fault  clock          the server's clock is %lld seconds %s this one; let both hosts "
            "take the time from the network (timedatectl set-ntp true)\n",
            skew_s < 0 ? -skew_s : skew_s, skew_s < 0 ? "behind" : "before");
    else if (date_s != 0)
        printf("ok     clock          the server's agrees with this one\n");
    return good;
}

static bool check_server(const struct ctl_settings *settings)
{
    char why[WHY_SIZE];
    struct ctl_answer answer;
    const struct ctl_server server = {.url = settings->url,
                                      .ca = settings->ca[0] != '\0' ? settings->ca : NULL};
    const struct ctl_call call = {
        .method = "GET", .path = "/api/v1/ready", .timeout_s = PATIENCE_S};
    bool there = ctl_send(&server, &call, &answer, why);
    bool good = true;
    if (!there)
        printf("note   server         %s\n", why);
    else if (answer.status == 200)
        printf("ok     server         %s takes requests\n", settings->url);
    else
        printf(
            "fault  server         %s is not ready (%ld): its disk does not keep up, or something "
            "else answers there; see its log\n",
            settings->url, answer.status);
    if (there)
        good = check_skew(answer.date_s) && answer.status == 200;
    free(answer.text);
    return good;
}

int ctl_check(struct ctl_settings *settings, int count, const char *const *words)
{
    struct checking checking = {.config = NULL};
    char why[WHY_SIZE];
    if (!take_words(&checking, count, words) || !ctl_settings_fill(settings, why, sizeof(why))) {
        fprintf(stderr, "heraldctl: %s\n",
                count > 0 ? "check takes --config FILE and --herald PROGRAM" : why);
        return EXIT_FAILURE;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bool good = run_program(program_of(&checking), checking.config);
    good = check_server(settings) && good;
    curl_global_cleanup();
    return good && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
