/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim trace fit: a recorded trace as a workload that simulated machines can run. */
#include <inttypes.h>
#include <string.h>

#include "models/hyp/host/guest.h"
#include "models/hyp/replay/recorded.h"
#include "sim/trace/cmd_trace.h"
#include "sim/app/config.h"
#include "sim/base/file.h"
#include "sim/base/str.h"

struct fit_args {
	const char *out;
	uint64_t quantiles;
};

static const struct arg_row rows[] = {
	{"-o", "--output", ARG_STR, offsetof(struct fit_args, out), "FILE", .endings = "ini",
	 .help = "write the workload to FILE, whole or not at all"},
	{"--quantiles", NULL, ARG_U64, offsetof(struct fit_args, quantiles), "N", .min = 2,
	 .max = GUEST_QUANTILES_MAX,
	 .help = "points per table of times, the least and the most among them; at most what a "
		 "line holds (default 33)"},
};

static const struct arg_spec spec = {
	.set = &cmd_trace_set,
	.name = "fit",
	.rows = rows,
	.n_rows = ARG_ROWS(rows),
	.min_pos = 1,
	.max_pos = 1,
	.example = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t -o workload.ini",
};

/* Weights in an INI file end at a million. */
#define WEIGHT_MAX 1000000

struct fit {
	struct recorded *r;
	uint64_t count[EXIT_COUNT], user_exits, user_ns;
	uint64_t *ns[EXIT_COUNT]; /* guest times before exits of the kind, sorted */
};

static int by_size(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void gather(struct fit *f)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		f->ns[k] = xcalloc(f->r->exits + 1, sizeof(*f->ns[k]));
	for (size_t v = 0; v < f->r->n_vcpu; v++) {
		for (size_t i = 0; i < f->r->vcpu[v].n; i++) {
			const struct recorded_exit *x = &f->r->vcpu[v].exit[i];

			f->ns[x->kind][f->count[x->kind]++] = x->guest_ns;
			f->user_exits += x->user_ns != 0;
			f->user_ns += x->user_ns;
		}
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		qsort(f->ns[k], f->count[k], sizeof(*f->ns[k]), by_size);
}

static uint64_t per_second(const struct fit *f, uint64_t n)
{
	long double vcpu_ns = (long double)f->r->span_ns * (long double)f->r->n_vcpu;

	return vcpu_ns != 0 ? (uint64_t)((long double)n * 1e9L / vcpu_ns + 0.5L) : 0;
}

/* A line of an INI file ends at 199 bytes. */
#define LINE_BYTES 199

/* As many points as were asked for, and as fit in the line that b ends with. */
static void quantiles(struct str *b, size_t line, const uint64_t *sorted, uint64_t n,
		      uint64_t points)
{
	const size_t start = b->len;

	for (; points >= 2; points--) {
		for (uint64_t q = 0; q < points; q++)
			str_addf(b, "%s%" PRIu64, q != 0 ? " " : "",
				 sorted[(n - 1) * q / (points - 1)]);
		if (b->len - line <= LINE_BYTES || points == 2)
			return;
		b->s[start] = '\0';
		b->len = start;
	}
}

/* A table without a positive time cannot be drawn from. */
static uint64_t *positive(uint64_t *sorted, uint64_t n)
{
	if (sorted[n - 1] == 0)
		sorted[n - 1] = 1;
	return sorted;
}

static void tables(struct str *b, const struct fit *f, uint64_t points)
{
	uint64_t scale = 1;
	size_t line;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		while (f->count[k] / scale > WEIGHT_MAX)
			scale++;
	}
	str_add(b, "\n[mix]\n");
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (f->count[k] != 0)
			str_addf(b, "%s = %" PRIu64 "\n", exit_row((enum exit_kind)k)->name,
				 f->count[k] / scale != 0 ? f->count[k] / scale : 1);
	}
	str_add(b, "\n# guest time before such an exit, nanoseconds: least, ..., most\n[gaps]\n");
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (f->count[k] == 0)
			continue;
		line = b->len;
		str_addf(b, "%s = ", exit_row((enum exit_kind)k)->name);
		quantiles(b, line, positive(f->ns[k], f->count[k]), f->count[k],
			  points < f->count[k] + 1 ? points : f->count[k] + 1);
		str_addc(b, '\n');
	}
}

static void sources(struct str *b, const struct fit *f)
{
	const struct recorded *r = f->r;

	str_addf(b,
		 "\n[source]\nworkload.timer_hz = DERIVED: %" PRIu64
		 " timer interrupts of %zu vCPUs in "
		 "%" PRIu64 " us\n"
		 "workload.device_hz = DERIVED: %" PRIu64 " device interrupts\n"
		 "workload.user_time = DERIVED: %" PRIu64
		 " exits to the VMM, from the end of KVM_RUN to the "
		 "next entry\n"
		 "workload.fp_permille = ASSUMED: no event shows the use of FP\n",
		 r->timers, r->n_vcpu, r->span_ns / 1000, r->devices, f->user_exits);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (f->count[k] == 0)
			continue;
		str_addf(b, "mix.%s = DERIVED: %" PRIu64 " exits of the trace\n",
			 exit_row((enum exit_kind)k)->name, f->count[k]);
		str_addf(b,
			 "gaps.%s = DERIVED: residency before them, with what interrupts cut off\n",
			 exit_row((enum exit_kind)k)->name);
	}
}

/* A text of the trace in one line of an INI file. */
static void add_text(struct str *b, const char *text)
{
	for (; *text != '\0'; text++)
		str_addc(b,
			 (unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f ? *text : '?');
}

static void write_ini(struct str *b, const struct fit *f, const char *file, const char *origin,
		      uint64_t points)
{
	const struct recorded *r = f->r;
	const char *name = strrchr(file, '/') != NULL ? strrchr(file, '/') + 1 : file;
	uint64_t user = f->user_exits != 0 ? f->user_ns / f->user_exits : 0;

	str_add(b, "# Fitted by el2sim trace fit to ");
	add_text(b, name);
	str_add(b, "\n# recorded: ");
	add_text(b, origin);
	str_addc(b, '\n');
	str_addf(b,
		 "# %zu vCPUs, %" PRIu64 " us, %" PRIu64 " exits of their own, %" PRIu64
		 " residencies that an interrupt ended;\n"
		 "# %" PRIu64 " times in WFI, %" PRIu64
		 " us each. A residency has the world switch in it.\n",
		 r->n_vcpu, r->span_ns / 1000, r->exits, r->interrupted, r->halts,
		 r->halts != 0 ? r->halt_ns / r->halts / 1000 : 0);
	str_add(b, "[workload]\ntitle = fitted to ");
	add_text(b, name);
	str_addf(b,
		 "\nlaw = recorded\ntimer_hz = %" PRIu64 "\ndevice_hz = %" PRIu64
		 "\nuser_time = %" PRIu64 "ns\nfp_permille = 0\n",
		 per_second(f, r->timers), per_second(f, r->devices),
		 user < 1000000000 ? user : 1000000000);
	tables(b, f, points);
	sources(b, f);
}

static int fit_to(const struct ws_prog *p, const char *file, const struct fit_args *a,
		  struct err *e)
{
	struct fit f = {.r = recorded_read(p, file, e)};
	struct tr_reader *t = f.r != NULL ? tr_open(file, e) : NULL;
	struct str text = STR_INIT;
	struct outfile o;
	int rc = -1;

	if (t != NULL) {
		gather(&f);
		write_ini(&text, &f, file, tr_info(t)->origin, a->quantiles);
		rc = file_create(&o, a->out, e);
	}
	if (rc == 0) {
		(void)fwrite(str_get(&text), 1, text.len, o.f);
		rc = file_commit(&o, e);
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		free(f.ns[k]);
	str_free(&text);
	if (t != NULL)
		tr_close(t);
	recorded_free(f.r);
	return rc;
}

int cmd_trace_fit(int argc, char **argv, struct err *e)
{
	static const char *any[] = {"switch.model=linux-6.12-nvhe"};
	const struct arg_list model = {any, 1};
	struct fit_args a = {.quantiles = 33};
	struct config c = {0};
	struct ws_prog *p = NULL;
	struct args args;
	int rc;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	/* any program will do, one that runs on every core: it only tells the kinds of exits apart
	 */
	rc = config_load(&c, NULL, &model, e);
	p = rc == 0 ? config_compile(&c, true, e) : NULL;
	if (p != NULL)
		rc = fit_to(p, args.pos.v[0], &a, e);
	else
		rc = -1;
	ws_free(p);
	config_free(&c);
	args_free(&args);
	return rc;
}
