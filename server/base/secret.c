/* secret.c: one line from standard input; from a terminal twice, with its echo off.
 *
 * While the echo is off the signals that would end or stop the process wait, so that no terminal is
 * left behind that does not show what is typed.
 */
#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct asking {
    const char *what;
    char *why;
    size_t why_size;
};

/* "the password is too long; use at most 255 bytes" */
static bool fail(const struct asking *asking, const char *text)
{
    snprintf(asking->why, asking->why_size, "the %s %s", asking->what, text);
    return false;
}

/* The next line of standard input without its end. Byte by byte: a second line belongs to whoever
 * reads next. */
static bool line_read(const struct asking *asking, char *line)
{
    size_t length = 0;
    for (;;) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(asking, "cannot be read from standard input");
        if (got == 0 || c == '\n')
            break;
        if (length == SECRET_SIZE - 1)
            return fail(asking, "is too long; use at most 255 bytes");
        line[length++] = c;
    }
    if (length > 0 && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    if (length == 0)
        return fail(asking, "is empty; give one on standard input");
    if (strlen(line) < length)
        return fail(asking, "holds a zero byte");
    return true;
}

static bool prompt(const struct asking *asking, const char *behind, char *line)
{
    fprintf(stderr, "The %s%s: ", asking->what, behind);
    bool read = line_read(asking, line);
    fprintf(stderr, "\n");
    return read;
}

static bool ask_twice(const struct asking *asking, char *secret)
{
    char again[SECRET_SIZE] = "";
    bool same = prompt(asking, "", secret) && prompt(asking, " once more", again);
    if (same && strcmp(secret, again) != 0)
        same = fail(asking, "was typed differently the second time; try again");
    explicit_bzero(again, sizeof(again));
    return same;
}

static bool ask_terminal(const struct asking *asking, const struct termios *usual, char *secret)
{
    struct termios silent = *usual;
    sigset_t held, before;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGQUIT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGTSTP);
    sigprocmask(SIG_BLOCK, &held, &before);
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool asked = ask_twice(asking, secret);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, usual);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return asked;
}

bool secret_ask(const char *what, char *secret, char *why, size_t why_size)
{
    assert(what != NULL && secret != NULL && why_size > 0);
    const struct asking asking = {what, why, why_size};
    struct termios usual;
    if (tcgetattr(STDIN_FILENO, &usual) != 0)
        return line_read(&asking, secret);
    return ask_terminal(&asking, &usual, secret);
}
