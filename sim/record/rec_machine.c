// SPDX-License-Identifier: Apache-2.0
/* The machine that a recording is made on: QEMU with the plugin, the kernel, and the VMM as its only process. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/digest.h"
#include "sim/base/ending.h"
#include "sim/base/file.h"
#include "sim/base/progress.h"
#include "sim/base/share.h"
#include "sim/record/rec.h"

enum { NO_PROGRAM = 127, LOOK_NS = 20000000 };

/* Files that live as long as the machine does. X(id) */
#define TEMPORARY(X) X(IMAGE) X(INITRD) X(STREAM) X(CONSOLE) X(LOG)

enum temporary {
#define X(id) TMP_##id,
	TEMPORARY(X)
#undef X
	TMP_COUNT
};

struct machine {
	struct rec_machine *m;
	struct rec_take *take;
	struct err *e;
	struct str tmp[TMP_COUNT];
	struct str plugin, vmm;
	FILE *stream;
	pid_t pid;
	int status;
	bool late;
	struct progress bar;
	uint64_t kinds, kinds_done;
	int kind;
	unsigned cfg;
	int rc;
};

/* --- what is shipped -------------------------------------------------------------------------- */

#define PLUGIN "el2sim_record.so"

/* The plugin is in the program's own folder (a build), or where libraries are beside it. */
static int find_plugin(struct str *path, struct err *e)
{
	static const char *const places[] = { "", "../lib/el2sim/", "../" EL2SIM_PLUGIN_LIBDIR "/el2sim/" };
	const char *named = getenv("EL2SIM_PLUGIN");
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (named != NULL && *named != '\0') {
		str_add(path, named);
		return access(named, R_OK) == 0 ? 0 : err_set(e, ERR_INPUT, "EL2SIM_PLUGIN=%s: %s", named, strerror(errno));
	}
	exe[n > 0 ? n : 0] = '\0';
	if (strrchr(exe, '/') != NULL)
		strrchr(exe, '/')[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		str_reset(path);
		str_addf(path, "%s%s" PLUGIN, exe, places[i]);
		if (access(str_get(path), R_OK) == 0)
			return 0;
	}
	return err_set(e, ERR_INPUT, "no " PLUGIN " beside the program, where a build or an installation has it: name it in EL2SIM_PLUGIN");
}

static int find_shipped(struct machine *x, struct err *e)
{
	struct str hint = STR_INIT;

	if (find_plugin(&x->plugin, e) != 0)
		return -1;
	if (!share_shipped(&x->vmm, "configs/record/vmm.elf")) {
		share_hint(&hint);
		(void)err_set(e, ERR_INPUT, "configs/record/vmm.elf: is not there%.200s", str_get(&hint));
		str_free(&hint);
		return -1;
	}
	(void)digest_file(str_get(&x->plugin), x->m->plugin_sha256);
	(void)digest_file(str_get(&x->vmm), x->m->vmm_sha256);
	return 0;
}

static int make_temporary(struct machine *x, struct err *e)
{
	for (unsigned i = 0; i < TMP_COUNT; i++)
		if (file_temporary(&x->tmp[i], e) != 0)
			return -1;
	return 0;
}

static int write_image(const struct machine *x, struct err *e)
{
	FILE *f = fopen(str_get(&x->tmp[TMP_IMAGE]), "we");
	bool ok = f != NULL && fwrite(x->m->image->bytes, 1, x->m->image->n, f) == x->m->image->n;

	if (f != NULL && fclose(f) != 0)
		ok = false;
	return ok ? 0 : err_set(e, ERR_IO, "%s: %s", str_get(&x->tmp[TMP_IMAGE]), strerror(errno));
}

static void end(struct machine *x)
{
	for (unsigned i = 0; i < TMP_COUNT; i++)
		file_temporary_end(&x->tmp[i]);
	if (x->stream != NULL)
		(void)fclose(x->stream);
	str_free(&x->plugin);
	str_free(&x->vmm);
}

/* --- QEMU ------------------------------------------------------------------------------------- */

/* In a child: standard output and error into a file, nothing to read; ends with this program, however that does. */
static void be_qemu(const char *const *argv, const char *log, pid_t parent)
{
	int in = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ending_child();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(NO_PROGRAM);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "%s\n", strerror(errno));
	_exit(NO_PROGRAM);
}

static pid_t start(const char *const *argv, const char *log)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		be_qemu(argv, log, parent);
	return pid;
}

/* All of a file, text: what is no text is left out. */
static void read_text(const char *path, struct str *text)
{
	FILE *f = fopen(path, "re");
	int c;

	while (f != NULL && (c = fgetc(f)) != EOF)
		if (c == '\n' || (c >= 32 && c < 127))
			str_addc(text, (char)c);
	if (f != NULL)
		(void)fclose(f);
}

/* The last line that has `with` in it, from there on or from its beginning; "" if there is none. */
static void find_line(const struct str *text, const char *with, bool whole, struct str *line)
{
	const char *s = str_get(text), *last = NULL;

	str_reset(line);
	for (const char *p = s; (p = strstr(p, with)) != NULL; p++)
		last = p;
	if (last == NULL)
		return;
	while (whole && last > s && last[-1] != '\n')
		last--;
	str_addn(line, last, strcspn(last, "\n"));
}

static void last_line(const struct str *text, struct str *line)
{
	const char *s = str_get(text), *end = s + text->len, *from;

	while (end > s && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (from = end; from > s && from[-1] != '\n'; from--)
		;
	str_reset(line);
	str_addn(line, from, (size_t)(end - from));
}

static int no_qemu(const struct rec_machine *m, const char *why, struct err *e)
{
	return err_set(e, ERR_USAGE, "%.200s: %s: want QEMU with plugins (apt-get install qemu-system-arm), or another one as --qemu PATH", m->qemu, why);
}

static int ask_version(struct machine *x, struct err *e)
{
	const char *const argv[] = { x->m->qemu, "--version", NULL };
	struct str text = STR_INIT;
	int status = 0, rc = 0;
	pid_t pid = start(argv, str_get(&x->tmp[TMP_LOG]));

	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return err_set(e, ERR_MEMORY, "%s: %s", x->m->qemu, strerror(errno));
	read_text(str_get(&x->tmp[TMP_LOG]), &text);
	text.len = strcspn(str_get(&text), "\n");
	if (text.s != NULL)
		text.s[text.len] = '\0';
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		rc = no_qemu(x->m, text.len != 0 ? str_get(&text) : "does not say its version", e);
	else if (strncmp(str_get(&text), "QEMU ", 5) != 0)
		rc = no_qemu(x->m, "is not QEMU", e);
	str_reset(&x->m->version);
	str_add(&x->m->version, str_get(&text));
	str_free(&text);
	return rc;
}

static void launch(struct machine *x)
{
	struct rec_machine *m = x->m;
	struct str append = STR_INIT, plugin = STR_INIT, serial = STR_INIT;
	const char *argv[48];
	size_t n = 0;

	str_addf(&append, "console=ttyAMA0 nokaslr panic=-1%s%s%s%s rdinit=/init -- %x %" PRIx64,
		 *rec_modes[m->mode].append != '\0' ? " " : "", rec_modes[m->mode].append, m->append != NULL ? " " : "",
		 m->append != NULL ? m->append : "", m->cfgs, m->kinds);
	str_addf(&plugin, "%s,out=%s", str_get(&x->plugin), str_get(&x->tmp[TMP_STREAM]));
	str_addf(&serial, "file:%s", str_get(&x->tmp[TMP_CONSOLE]));
	for (const char *const *w = (const char *const[]){
		     m->qemu, "-M", "virt,gic-version=3,virtualization=on", "-accel", "tcg", "-cpu", m->model, "-icount", "shift=0,sleep=off",
		     "-seed", "1", "-rtc", "base=2026-01-01,clock=vm", "-smp", "2", "-m", "1024", "-nodefaults", "-device", "pcie-root-port,chassis=1", "-display", "none", "-monitor", "none", "-no-reboot", "-serial",
		     str_get(&serial), "-kernel", str_get(&x->tmp[TMP_IMAGE]), "-initrd", str_get(&x->tmp[TMP_INITRD]), "-append",
		     str_get(&append), "-plugin", str_get(&plugin), NULL };
	     *w != NULL; w++)
		argv[n++] = *w;
	argv[n] = NULL;
	str_reset(&m->line);
	for (size_t i = 0; i < n; i++) {
		const char *w = argv[i] == str_get(&x->tmp[TMP_IMAGE]) ? "IMAGE" : argv[i] == str_get(&x->tmp[TMP_INITRD]) ? "INITRD" :
				argv[i] == str_get(&serial) ? "file:CONSOLE" : argv[i] == str_get(&plugin) ? PLUGIN ",out=STREAM" : argv[i];

		str_addf(&m->line, strchr(w, ' ') != NULL ? "%s'%s'" : "%s%s", i != 0 ? " " : "", w);
	}
	x->pid = start(argv, str_get(&x->tmp[TMP_LOG]));
	str_free(&append);
	str_free(&plugin);
	str_free(&serial);
}

/* --- while it runs ------------------------------------------------------------------------------ */

static void show(struct machine *x)
{
	const struct rec_take *t = x->take;

	if (t->kind < 0 || (t->kind == x->kind && t->cfg == x->cfg))
		return;
	x->kind = t->kind;
	x->cfg = t->cfg;
	progress_end(&x->bar);
	progress_begin(&x->bar, rec_kinds[t->kind].name, x->kinds);
	progress_at(&x->bar, ++x->kinds_done);
}

/* What the plugin wrote meanwhile. */
static int look(struct machine *x)
{
	uint8_t bytes[65536];
	size_t n;

	if (x->stream == NULL)
		x->stream = fopen(str_get(&x->tmp[TMP_STREAM]), "re");
	if (x->stream == NULL)
		return err_set(x->e, ERR_IO, "%s: %s", str_get(&x->tmp[TMP_STREAM]), strerror(errno));
	clearerr(x->stream);
	while ((n = fread(bytes, 1, sizeof(bytes), x->stream)) != 0) {
		if (rec_take_feed(x->take, bytes, n, x->e) != 0)
			return -1;
		show(x);
	}
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int watch(struct machine *x)
{
	const struct timespec nap = { .tv_nsec = LOOK_NS };
	const double until = seconds() + (double)x->m->seconds;
	int rc = 0;

	for (pid_t ended = 0; ended == 0;) {
		ended = waitpid(x->pid, &x->status, WNOHANG);
		if (ended == 0)
			(void)nanosleep(&nap, NULL);
		rc = look(x);
		x->late = ended == 0 && seconds() > until;
		if (ended == 0 && (x->late || rc != 0)) {
			(void)kill(x->pid, SIGKILL);
			ended = waitpid(x->pid, &x->status, 0);
		}
	}
	return rc;
}

/* --- what became of it -------------------------------------------------------------------------- */

/* "while hvc_unknown (plain) was recorded" */
static void when(const struct machine *x, struct str *text)
{
	if (x->take->kind >= 0)
		str_addf(text, "while %s (%s) was recorded", rec_kinds[x->take->kind].name, rec_cfg_names[x->take->cfg]);
	else
		str_add(text, x->take->woken ? "while a VM was made" : "while the kernel booted");
}

static int qemu_failed(const struct machine *x, struct str *line)
{
	struct str log = STR_INIT;
	const char *text;
	int rc;

	read_text(str_get(&x->tmp[TMP_LOG]), &log);
	text = str_get(&log);
	if (strstr(text, "unable to find CPU model") != NULL) {
		rc = err_set(x->e, ERR_USAGE, "--cpu %.60s: %.100s has no such CPU (%.60s -cpu help lists those that it has)", x->m->model,
			     str_get(&x->m->version), x->m->qemu);
	} else if (strstr(text, "plugin") != NULL) {
		find_line(&log, "plugin", true, line);
		rc = err_set(x->e, ERR_INPUT, "%.100s does not take our plugin: %.240s", str_get(&x->m->version), str_get(line));
	} else {
		struct str moment = STR_INIT;

		last_line(&log, line);
		when(x, &moment);
		if (WIFSIGNALED(x->status))
			rc = err_set(x->e, ERR_INPUT, "QEMU was ended by signal %d %s: %.240s", WTERMSIG(x->status), str_get(&moment), str_get(line));
		else
			rc = err_set(x->e, ERR_INPUT, "QEMU ended with status %d %s: %.240s", WEXITSTATUS(x->status), str_get(&moment), str_get(line));
		str_free(&moment);
	}
	str_free(&log);
	return rc;
}

/* Without a /dev/kvm: what the kernel says of KVM, if it knows the word. */
static int no_kvm(const struct machine *x, const struct str *console, struct str *line)
{
	find_line(console, "kvm [", false, line);
	if (line->len == 0)
		return err_set(x->e, ERR_INPUT, "%s: no KVM in this kernel: want CONFIG_KVM=y", x->m->image->path);
	return err_set(x->e, ERR_INPUT, "%s: KVM did not start on this machine: \"%.200s\"", x->m->image->path, str_get(line));
}

static int wrong_mode(const struct machine *x, const struct str *console, struct str *line)
{
	const struct rec_mode_row *mode = &rec_modes[x->m->mode];
	const char *says;

	find_line(console, "mode initialized", true, line);
	says = strstr(str_get(line), "]: ");
	says = says != NULL ? says + 3 : str_get(line);
	if (strncmp(says, mode->log, strlen(mode->log)) == 0 ||
	    (*mode->log_old != '\0' && strncmp(says, mode->log_old, strlen(mode->log_old)) == 0))
		return 0;
	if (line->len == 0)
		return err_set(x->e, ERR_INPUT, "--mode %s: the kernel does not say which mode KVM is in: no line \"%s\" on its console", mode->name,
			       mode->log);
	return err_set(x->e, ERR_INPUT, "--mode %s: KVM of %s says \"%.80s\" on --cpu %.40s: want a CPU and a kernel that have the mode", mode->name,
		       x->m->image->release, says, x->m->model);
}

static int judge(struct machine *x)
{
	struct str console = STR_INIT, line = STR_INIT, moment = STR_INIT;
	int rc = 0;

	read_text(str_get(&x->tmp[TMP_CONSOLE]), &console);
	when(x, &moment);
	find_line(&console, "Kernel panic", false, &line);
	if (line.len != 0) {
		rc = err_set(x->e, ERR_INPUT, "%s: the kernel panics %s: \"%.200s\"", x->m->image->path, str_get(&moment), str_get(&line));
	} else if (x->late) {
		last_line(&console, &line);
		rc = err_set(x->e, ERR_INPUT, "not done in %" PRIu64 " s (--timeout): stopped %s; the console's last line: \"%.200s\"", x->m->seconds,
			     str_get(&moment), str_get(&line));
	} else if (!WIFEXITED(x->status) || WEXITSTATUS(x->status) != 0) {
		rc = qemu_failed(x, &line);
	} else {
		find_line(&console, "el2sim: ", false, &line);
		if (strstr(str_get(&line), "no KVM: ") != NULL)
			rc = no_kvm(x, &console, &line);
		else if (line.len != 0)
			rc = err_set(x->e, ERR_INPUT, "%s: the VMM in the machine gave up: %.240s", x->m->image->path, str_get(&line) + 8);
		else if (x->take->woken)
			rc = wrong_mode(x, &console, &line);
		if (rc == 0 && !x->take->done) {
			last_line(&console, &line);
			rc = err_set(x->e, ERR_INPUT, "%s: the machine went off %s; the console's last line: \"%.200s\"", x->m->image->path,
				     str_get(&moment), str_get(&line));
		}
	}
	str_free(&console);
	str_free(&line);
	str_free(&moment);
	return rc != 0 ? rc : rec_take_finish(x->take, x->m->cfgs, x->m->kinds, x->e);
}

static void keep_console(const struct machine *x)
{
	struct str text = STR_INIT;
	struct outfile o;
	struct err ignored;

	read_text(str_get(&x->tmp[TMP_CONSOLE]), &text);
	if (file_create(&o, x->m->console, &ignored) == 0) {
		(void)fputs(str_get(&text), o.f);
		(void)file_commit(&o, &ignored);
	}
	str_free(&text);
}

int rec_machine_run(struct rec_machine *m, struct rec_take *t, const char *what, struct err *e)
{
	struct machine x = { .m = m, .take = t, .e = e, .kind = -1 };
	int rc = -1;

	for (unsigned k = 0; k < RECORD_KINDS; k++)
		x.kinds += (m->kinds >> k & 1) * (uint64_t)__builtin_popcount(m->cfgs);
	if (make_temporary(&x, e) == 0 && find_shipped(&x, e) == 0 && ask_version(&x, e) == 0 && write_image(&x, e) == 0 &&
	    rec_initrd_write(str_get(&x.tmp[TMP_INITRD]), str_get(&x.vmm), e) == 0) {
		launch(&x);
		if (x.pid < 0) {
			(void)err_set(e, ERR_MEMORY, "%s: %s", m->qemu, strerror(errno));
		} else {
			progress_begin(&x.bar, what, x.kinds);
			rc = watch(&x);
			progress_end(&x.bar);
			if (m->console != NULL)
				keep_console(&x);
			if (rc == 0)
				rc = judge(&x);
		}
	}
	end(&x);
	return rc;
}

void rec_machine_free(struct rec_machine *m)
{
	str_free(&m->version);
	str_free(&m->line);
}
