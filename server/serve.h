/* serve.h: the running server: everything that main opens, in order, and closes in reverse. */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

/* Serves by the configuration file until SIGTERM or SIGINT. SIGHUP reopens the log and reads the
 * file again, SIGUSR1 logs figures. Returns the exit code; a failure to start is one line on
 * standard error and leaves nothing behind. */
int serve(const char *config_path);

/* Only tries to open the listeners of a configuration file, for ./run: is a first start worth
 * making a data folder? Returns the exit code. */
int serve_try(const char *config_path);

#endif
