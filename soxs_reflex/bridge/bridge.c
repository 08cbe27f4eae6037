/* A CPL plugin library that lets the C EsoRex run a recipe written in Python.
 *
 * What the recipe is stands in a text file beside the library: x.so reads x.recipe. To run it,
 * the library starts the interpreter named there and talks to it over two pipes: file
 * descriptor 3 towards Python, 4 back. A record is one line of fields with tabs between them;
 * tab, line feed and backslash within a field are written \t, \n and \\.
 *
 *   host     interpreter
 *   recipe   name version synopsis description author email copyright
 *   param    form kind name context help alias default [low high | choice ...]
 *
 *   to Python:    recipe name | param name value set? | frame path tag | end
 *   from Python:  say severity text | group index group | product path tag | fail status text | done
 */
#define _GNU_SOURCE
#include <cpl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_FIELDS 128

typedef struct {
    int count;
    char *field[MOST_FIELDS];
} record;

/* --- records ------------------------------------------------------------------------------ */

/* Split a line in place. */
static void parse(char *line, record *found)
{
    char *to = line;
    found->count = 1;
    found->field[0] = to;
    for (const char *from = line; *from && *from != '\n'; from++) {
        if (*from == '\t' && found->count < MOST_FIELDS) {
            *to++ = '\0';
            found->field[found->count++] = to;
        } else if (*from == '\\' && from[1]) {
            from++;
            *to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static void write_field(FILE *stream, const char *text)
{
    for (; text && *text; text++) {
        switch (*text) {
            case '\t': fputs("\\t", stream); break;
            case '\n': fputs("\\n", stream); break;
            case '\\': fputs("\\\\", stream); break;
            default: fputc(*text, stream);
        }
    }
}

static void write_record(FILE *stream, const char *const *fields)
{
    for (int k = 0; fields[k]; k++) {
        if (k) fputc('\t', stream);
        write_field(stream, fields[k]);
    }
    fputc('\n', stream);
}
#define WRITE(stream, ...) write_record(stream, (const char *const[]){__VA_ARGS__, NULL})

static int is(const record *found, const char *kind, int least)
{
    return found->count >= least && strcmp(found->field[0], kind) == 0;
}

/* --- what the recipe is ------------------------------------------------------------------- */

static FILE *open_description(void)
{
    Dl_info here;
    char path[4096];
    if (!dladdr((void *)open_description, &here)) return NULL;
    if (snprintf(path, sizeof path, "%s", here.dli_fname) >= (int)sizeof path - 8) return NULL;
    char *suffix = strrchr(path, '.');
    strcpy(suffix ? suffix : path + strlen(path), ".recipe");
    return fopen(path, "r");
}

static cpl_parameter *enumeration(const record *r)
{
    const int kind = strcmp(r->field[2], "int") == 0      ? CPL_TYPE_INT
                     : strcmp(r->field[2], "double") == 0 ? CPL_TYPE_DOUBLE
                                                          : CPL_TYPE_STRING;
    const int count = r->count - 8;
    int whole[MOST_FIELDS];
    double real[MOST_FIELDS];
    const char *text[MOST_FIELDS];
    cpl_size chosen = 0;
    for (int k = 0; k < count; k++) {
        text[k] = r->field[8 + k];
        whole[k] = atoi(text[k]);
        real[k] = atof(text[k]);
        if (strcmp(text[k], r->field[7]) == 0) chosen = k;
    }
    const void *choices = kind == CPL_TYPE_INT      ? (const void *)whole
                          : kind == CPL_TYPE_DOUBLE ? (const void *)real
                                                    : (const void *)text;
    return cpl_parameter_new_enum_from_array(r->field[3], kind, r->field[5], r->field[4], chosen,
                                             count, choices);
}

static cpl_parameter *parameter_of(const record *r)
{
    const char *form = r->field[1], *kind = r->field[2], *name = r->field[3];
    const char *context = r->field[4], *help = r->field[5], *given = r->field[7];
    cpl_parameter *made = NULL;
    if (strcmp(form, "enum") == 0) {
        made = enumeration(r);
    } else if (strcmp(form, "range") == 0 && r->count >= 10) {
        if (strcmp(kind, "int") == 0)
            made = cpl_parameter_new_range(name, CPL_TYPE_INT, help, context, atoi(given),
                                           atoi(r->field[8]), atoi(r->field[9]));
        else
            made = cpl_parameter_new_range(name, CPL_TYPE_DOUBLE, help, context, atof(given),
                                           atof(r->field[8]), atof(r->field[9]));
    } else if (strcmp(kind, "bool") == 0) {
        made = cpl_parameter_new_value(name, CPL_TYPE_BOOL, help, context,
                                       strcmp(given, "true") == 0);
    } else if (strcmp(kind, "int") == 0) {
        made = cpl_parameter_new_value(name, CPL_TYPE_INT, help, context, atoi(given));
    } else if (strcmp(kind, "double") == 0) {
        made = cpl_parameter_new_value(name, CPL_TYPE_DOUBLE, help, context, atof(given));
    } else {
        made = cpl_parameter_new_value(name, CPL_TYPE_STRING, help, context, given);
    }
    if (made) {
        cpl_parameter_set_alias(made, CPL_PARAMETER_MODE_CLI, r->field[6]);
        cpl_parameter_disable(made, CPL_PARAMETER_MODE_ENV);
    }
    return made;
}

static int create(cpl_plugin *plugin)
{
    cpl_recipe *recipe = (cpl_recipe *)plugin;
    recipe->parameters = cpl_parameterlist_new();
    FILE *stream = open_description();
    if (!stream)
        return (int)cpl_error_set_message(cpl_func, CPL_ERROR_FILE_IO,
                                          "the description beside the plugin cannot be read");
    char *line = NULL;
    size_t size = 0;
    record r;
    while (getline(&line, &size, stream) > 0) {
        parse(line, &r);
        if (!is(&r, "param", 8)) continue;
        cpl_parameter *made = parameter_of(&r);
        if (made) cpl_parameterlist_append(recipe->parameters, made);
    }
    free(line);
    fclose(stream);
    return (int)cpl_error_get_code();
}

static int destroy(cpl_plugin *plugin)
{
    cpl_parameterlist_delete(((cpl_recipe *)plugin)->parameters);
    return 0;
}

/* --- running it ---------------------------------------------------------------------------- */

static void find_interpreter(char *path, size_t size)
{
    FILE *stream = open_description();
    char *line = NULL;
    size_t length = 0;
    record r;
    path[0] = '\0';
    while (stream && getline(&line, &length, stream) > 0) {
        parse(line, &r);
        if (is(&r, "host", 2)) snprintf(path, size, "%s", r.field[1]);
    }
    free(line);
    if (stream) fclose(stream);
}

static void send_parameter(FILE *to, const cpl_parameter *p)
{
    char number[64];
    const char *value = number;
    switch (cpl_parameter_get_type(p)) {
        case CPL_TYPE_BOOL: value = cpl_parameter_get_bool(p) ? "true" : "false"; break;
        case CPL_TYPE_INT: snprintf(number, sizeof number, "%d", cpl_parameter_get_int(p)); break;
        case CPL_TYPE_DOUBLE:
            snprintf(number, sizeof number, "%.17g", cpl_parameter_get_double(p));
            break;
        default: value = cpl_parameter_get_string(p);
    }
    WRITE(to, "param", cpl_parameter_get_name(p), value ? value : "",
          cpl_parameter_get_default_flag(p) ? "1" : "0");
}

static void send_request(FILE *to, const char *name, const cpl_recipe *recipe)
{
    WRITE(to, "recipe", name);
    for (const cpl_parameter *p = cpl_parameterlist_get_first_const(recipe->parameters); p;
         p = cpl_parameterlist_get_next_const(recipe->parameters))
        send_parameter(to, p);
    for (cpl_size k = 0; k < cpl_frameset_get_size(recipe->frames); k++) {
        const cpl_frame *frame = cpl_frameset_get_position_const(recipe->frames, k);
        const char *tag = cpl_frame_get_tag(frame);
        WRITE(to, "frame", cpl_frame_get_filename(frame), tag ? tag : "");
    }
    WRITE(to, "end");
}

static void say(const char *name, const char *severity, const char *text)
{
    if (strcmp(severity, "error") == 0) cpl_msg_error(name, "%s", text);
    else if (strcmp(severity, "warning") == 0) cpl_msg_warning(name, "%s", text);
    else if (strcmp(severity, "debug") == 0) cpl_msg_debug(name, "%s", text);
    else cpl_msg_info(name, "%s", text);
}

static void add_product(cpl_frameset *frames, const record *r)
{
    cpl_frame *frame = cpl_frame_new();
    cpl_frame_set_filename(frame, r->field[1]);
    cpl_frame_set_tag(frame, r->field[2]);
    cpl_frame_set_group(frame, CPL_FRAME_GROUP_PRODUCT);
    cpl_frame_set_level(frame, CPL_FRAME_LEVEL_FINAL);
    cpl_frame_set_type(frame, CPL_FRAME_TYPE_ANY);
    cpl_frameset_insert(frames, frame);
}

/* Read answers until the end; return whether Python came to an orderly end. */
static int receive(FILE *from, const char *name, cpl_frameset *frames, int *status)
{
    char *line = NULL;
    size_t size = 0;
    int done = 0;
    record r;
    while (getline(&line, &size, from) > 0) {
        parse(line, &r);
        if (is(&r, "say", 3)) {
            say(name, r.field[1], r.field[2]);
        } else if (is(&r, "group", 3)) {
            cpl_frame *frame = cpl_frameset_get_position(frames, atoi(r.field[1]));
            const int raw = strcmp(r.field[2], "RAW") == 0;
            if (frame) cpl_frame_set_group(frame, raw ? CPL_FRAME_GROUP_RAW : CPL_FRAME_GROUP_CALIB);
        } else if (is(&r, "product", 3)) {
            add_product(frames, &r);
        } else if (is(&r, "fail", 3)) {
            *status = atoi(r.field[1]) ? atoi(r.field[1]) : 1;
            cpl_msg_error(name, "%s", r.field[2]);
            cpl_error_set_message(name, CPL_ERROR_ILLEGAL_OUTPUT, "%s", r.field[2]);
        } else if (is(&r, "done", 1)) {
            done = 1;
        }
    }
    free(line);
    return done;
}

static void become_python(const char *python, int input, int output)
{
    /* Out of the way of 3 and 4 first: one may be the other. */
    const int first = fcntl(input, F_DUPFD, 10), second = fcntl(output, F_DUPFD, 10);
    dup2(first, 3);
    dup2(second, 4);
    for (int k = 5; k < 64; k++) close(k);
    execlp(python, python, "-m", "soxs_reflex.bridge.driver", (char *)NULL);
    fprintf(stderr, "cannot run %s: %s\n", python, strerror(errno));
    _exit(127);
}

static int execute(cpl_plugin *plugin)
{
    cpl_recipe *recipe = (cpl_recipe *)plugin;
    const char *name = cpl_plugin_get_name(plugin);
    char python[4096];
    int down[2], up[2], ended = 0, status = 0;
    find_interpreter(python, sizeof python);
    if (pipe(down) || pipe(up))
        return (int)cpl_error_set_message(name, CPL_ERROR_FILE_IO, "pipe: %s", strerror(errno));
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) become_python(python, down[0], up[1]);
    close(down[0]);
    close(up[1]);
    if (child < 0)
        return (int)cpl_error_set_message(name, CPL_ERROR_FILE_IO, "fork: %s", strerror(errno));
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    FILE *to = fdopen(down[1], "w"), *from = fdopen(up[0], "r");
    send_request(to, name, recipe);
    fclose(to);
    const int done = receive(from, name, recipe->frames, &status);
    fclose(from);
    signal(SIGPIPE, before);
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) continue;
    if (status) return status;
    if (!done || ended) {
        cpl_msg_error(name, "Python ended abnormally (wait status %d)", ended);
        return (int)cpl_error_set_message(name, CPL_ERROR_UNSPECIFIED, "Python ended abnormally");
    }
    return 0;
}

int cpl_plugin_get_info(cpl_pluginlist *list)
{
    FILE *stream = open_description();
    char *line = NULL;
    size_t size = 0;
    record r;
    while (stream && getline(&line, &size, stream) > 0) {
        parse(line, &r);
        if (!is(&r, "recipe", 8)) continue;
        cpl_recipe *recipe = cpl_calloc(1, sizeof *recipe);
        cpl_plugin_init(&recipe->interface, CPL_PLUGIN_API, strtoul(r.field[2], NULL, 10),
                        CPL_PLUGIN_TYPE_RECIPE, r.field[1], r.field[3], r.field[4], r.field[5],
                        r.field[6], r.field[7], create, execute, destroy);
        cpl_pluginlist_append(list, &recipe->interface);
    }
    free(line);
    if (stream) fclose(stream);
    return 0;
}
