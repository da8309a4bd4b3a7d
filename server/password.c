/* password.c: one line from standard input; from a terminal twice, with its echo off.
 *
 * While the echo is off the signals that would end or stop the process wait, so that no terminal is
 * left behind that does not show what is typed.
 */
#include "password.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static bool fail(char *why, size_t why_size, const char *text)
{
    snprintf(why, why_size, "%s", text);
    return false;
}

/* The next line of standard input without its end. Byte by byte: a second line belongs to whoever
 * reads next. */
static bool line_read(char *line, char *why, size_t why_size)
{
    size_t length = 0;
    for (;;) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(why, why_size, "the password cannot be read from standard input");
        if (got == 0 || c == '\n')
            break;
        if (length == PASSWORD_SIZE - 1)
            return fail(why, why_size, "the password is too long; use at most 255 bytes");
        line[length++] = c;
    }
    if (length > 0 && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    if (length == 0)
        return fail(why, why_size, "the password is empty; give one on standard input");
    if (strlen(line) < length)
        return fail(why, why_size, "the password holds a zero byte");
    return true;
}

static bool prompt(const char *text, char *line, char *why, size_t why_size)
{
    fprintf(stderr, "%s", text);
    bool read = line_read(line, why, why_size);
    fprintf(stderr, "\n");
    return read;
}

static bool ask_twice(char *password, char *why, size_t why_size)
{
    char again[PASSWORD_SIZE] = "";
    bool same = prompt("Password: ", password, why, why_size) &&
                prompt("Once more: ", again, why, why_size);
    if (same && strcmp(password, again) != 0)
        same = fail(why, why_size, "the two passwords differ; try again");
    explicit_bzero(again, sizeof(again));
    return same;
}

static bool ask_terminal(const struct termios *usual, char *password, char *why, size_t why_size)
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
    bool asked = ask_twice(password, why, why_size);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, usual);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return asked;
}

bool password_ask(char *password, char *why, size_t why_size)
{
    assert(password != NULL && why_size > 0);
    struct termios usual;
    if (tcgetattr(STDIN_FILENO, &usual) != 0)
        return line_read(password, why, why_size);
    return ask_terminal(&usual, password, why, why_size);
}
