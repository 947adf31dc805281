/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads as options: the unnamed class and the named ones, their shares, tables of quantiles. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/host/guest.h"

/* ---- rows ---- */

#define MEMBER(m) offsetof(struct workload, m)

static const char *const law_names[] = {
#define X(id, name) name,
	GUEST_LAWS(X)
#undef X
		NULL};

static const char *const uart_names[] = {
#define X(id, name) name,
	GUEST_UARTS(X)
#undef X
		NULL};

static const char *const stage2_names[] = {
#define X(id, name) name,
	GUEST_STAGE2S(X)
#undef X
		NULL};

static const struct opt_row fixed_rows[] = {
	{"workload", "title", OPT_STR, MEMBER(title), "", 0, 0, "", NULL,
	 "what the guests do, in a few words"},
	{"workload", "exits_per_s", OPT_INT, MEMBER(exits_per_s), "10000", 1, 10000000, "", NULL,
	 "exits that a vCPU causes itself, per second in the guest"},
	{"workload", "law", OPT_ENUM, MEMBER(law), "exponential", 0, 0, "", law_names,
	 "distribution of the guest time between them"},
	{"workload", "burst_exits", OPT_INT, MEMBER(burst_exits), "32", 1, 1000000, "", NULL,
	 "exits of one burst (law = bursty)"},
	{"workload", "pause", OPT_INT, MEMBER(pause_us), "1000", 0, 60000000, "us", NULL,
	 "guest time between bursts (law = bursty)"},
	{"workload", "timer_hz", OPT_INT, MEMBER(timer_hz), "250", 0, 1000000, "Hz", NULL,
	 "interrupts of each vCPU's virtual timer; 0: none"},
	{"workload", "device_hz", OPT_INT, MEMBER(device_hz), "0", 0, 1000000, "Hz", NULL,
	 "device interrupts for each vCPU, exponentially distributed; 0: none"},
	{"workload", "ipi_targets", OPT_INT, MEMBER(ipi_targets), "1", 1, 512, "", NULL,
	 "vCPUs of the VM that an SGI (kind ipi_send) goes to"},
	{"workload", "user_time", OPT_INT, MEMBER(user_ns), "5000", 0, 1000000000, "ns", NULL,
	 "time of the VMM for an exit to it; if it is not set, what [vmm] insns takes, if that is"},
	{"workload", "fp_permille", OPT_INT, MEMBER(fp_permille), "0", 0, 1000, "", NULL,
	 "guest entries, of a thousand, after which the guest uses FP/SIMD"},
	{"workload", "gaps", OPT_STR, MEMBER(gaps), "", 0, 0, "", NULL,
	 "law = recorded: quantiles of the guest time before an exit, in ns, from the least to the "
	 "most"},
	{"workload", "trace", OPT_PATH, MEMBER(trace), "", 0, 0, "", NULL,
	 "native trace whose vCPUs are replicated, instead of law and mix: each vCPU repeats one of "
	 "them, from a "
	 "seeded point on"},
	{"workload", "guest", OPT_PATH, MEMBER(guest), "", 0, 0, "", NULL,
	 "image that the vCPUs execute, instead of law, mix and trace: an ELF file, an arm64 Image or a flat binary (as "
	 "QEMU's -kernel takes it), compressed or not; docs/guests.md"},
	{"workload", "initrd", OPT_PATH, MEMBER(initrd), "", 0, 0, "", NULL, "initial ramdisk of the guest"},
	{"workload", "append", OPT_STR, MEMBER(append), "", 0, 0, "", NULL, "command line of the guest"},
	{"workload", "memory", OPT_INT, MEMBER(memory_mib), "256", 2, 1 << 20, "MiB", NULL, "memory of a VM that executes code"},
	{"workload", "uart", OPT_ENUM, MEMBER(uart), "pl011", 0, 0, "", uart_names,
	 "UART of the VMM: QEMU's, or kvmtool's and Firecracker's"},
	{"workload", "stage2", OPT_ENUM, MEMBER(stage2), "block", 0, 0, "", stage2_names,
	 "what a stage 2 fault maps: 4 KiB, or 2 MiB as with transparent huge pages of the host"},
	{"workload", "dirty_log", OPT_INT, MEMBER(dirty_log_us), "0", 0, 60000000, "us", NULL,
	 "how often the VMM collects the pages that a VM that executes code wrote (KVM_GET_DIRTY_LOG), as while it migrates it; 0: never"},
	{"workload", "counter_hz", OPT_INT, MEMBER(counter_hz), "62500000", 1000000, 1000000000, "Hz", NULL,
	 "CNTFRQ_EL0: how fine the guest can measure"},
	{"workload", "quantum", OPT_INT, MEMBER(quantum), "64", 1, 1000000, "cycles", NULL,
	 "how far a vCPU that executes may run ahead of what another one does at the same time"},
	{"workload", "max_instructions", OPT_INT, MEMBER(max_instructions), "0", 0, INT64_MAX, "", NULL,
	 "instructions of a VM after which it is ended; 0: no limit"},
	{"workload", "share", OPT_INT, MEMBER(share), "1", 0, 1000000, "", NULL,
	 "share of the vCPUs, among the classes that give no number of them"},
	{"workload", "vcpus", OPT_INT, MEMBER(vcpus), "0", 0, 65536, "", NULL,
	 "number of vCPUs of this class; 0: by share"},
	{"workload", "weight", OPT_INT, MEMBER(weight), "1024", 1, 1048576, "", NULL,
	 "weight of the vCPU threads for a fair scheduler (CFS: 1024 is nice 0)"},
};

static const size_t n_fixed = sizeof(fixed_rows) / sizeof(fixed_rows[0]);

/* Three rows can come of a kind's name: a weight, its quantiles and, in a class, the key of these.
 */
static struct opt_row mix_row(enum exit_kind k, const char *section)
{
	return (struct opt_row){.section = section,
				.key = exit_row(k)->name,
				.type = OPT_INT,
				.offset = MEMBER(mix) + k * sizeof(int64_t),
				.def = "0",
				.max = 1000000,
				.unit = "",
				.help = exit_row(k)->help};
}

static struct opt_row gaps_row(enum exit_kind k, const char *section, const char *key)
{
	return (struct opt_row){
		.section = section,
		.key = key,
		.type = OPT_STR,
		.offset = MEMBER(kind_gaps) + k * sizeof(const char *),
		.def = "",
		.unit = "",
		.help = "law = recorded: quantiles of the guest time before this kind, in ns"};
}

struct opt_row *workload_opt_rows(size_t *n)
{
	struct opt_row *rows = xcalloc(n_fixed + 2 * EXIT_COUNT, sizeof(*rows));

	for (*n = 0; *n < n_fixed; (*n)++)
		rows[*n] = fixed_rows[*n];
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (exit_is_workload((enum exit_kind)k))
			rows[(*n)++] = mix_row((enum exit_kind)k, "mix");
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (exit_is_workload((enum exit_kind)k))
			rows[(*n)++] = gaps_row((enum exit_kind)k, "gaps",
						exit_row((enum exit_kind)k)->name);
	}
	return rows;
}

/* gaps_KIND for each kind. */
static const char *gaps_key(enum exit_kind k)
{
	static const char *const keys[EXIT_COUNT] = {
#define EXIT(id, ...) "gaps_" #id,
#include "models/hyp/kvm/exits.def"
#undef EXIT
	};

	return keys[k];
}

static int make_class(struct opt_set *set, const char *section, void *ctx, struct err *e)
{
	struct workload_class **end = &((struct workload *)ctx)->classes, *c;
	size_t n = 0;

	if (section[strlen("class.")] == '\0')
		return err_set(e, ERR_CONFIG, "[%s]: want a name for the class: [class.web]",
			       section);
	while (*end != NULL)
		end = &(*end)->next;
	c = *end = xcalloc(1, sizeof(*c));
	c->section = xstrdup(section);
	c->w.section = c->section;
	c->rows = xcalloc(n_fixed + 2 * EXIT_COUNT, sizeof(*c->rows));
	for (; n < n_fixed; n++) {
		c->rows[n] = fixed_rows[n];
		c->rows[n].section = c->section;
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (!exit_is_workload((enum exit_kind)k))
			continue;
		c->rows[n++] = mix_row((enum exit_kind)k, c->section);
		c->rows[n++] = gaps_row((enum exit_kind)k, c->section, gaps_key((enum exit_kind)k));
	}
	opt_add(set, c->rows, n, &c->w);
	return 0;
}

void workload_opt_classes(struct opt_set *set, struct workload *w)
{
	opt_sections(set, "class", make_class, w);
}

void workload_free(struct workload *w)
{
	while (w->classes != NULL) {
		struct workload_class *c = w->classes;

		w->classes = c->next;
		free(c->section);
		free(c->rows);
		free(c);
	}
}

/* ---- classes ---- */

static bool acts(const struct workload *c)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (c->mix[k] != 0)
			return true;
	}
	return (c->trace != NULL && c->trace[0] != '\0') || (c->guest != NULL && c->guest[0] != '\0');
}

const struct workload *workload_next(const struct workload *w, const struct workload *c)
{
	const struct workload_class *l = w->classes;

	if (c == NULL && (acts(w) || l == NULL))
		return w;
	if (c != NULL && c != w) {
		while (&l->w != c)
			l = l->next;
		l = l->next;
	}
	return l != NULL ? &l->w : NULL;
}

const char *workload_name(const struct workload *w, const struct workload *c)
{
	const struct workload_class *l = w->classes;

	if (c->title != NULL && c->title[0] != '\0')
		return c->title;
	while (l != NULL && &l->w != c)
		l = l->next;
	return l != NULL ? l->section + strlen("class.") : "";
}

bool workload_wanted(const struct workload *w)
{
	return acts(w) || w->classes != NULL;
}

static int check_class(const struct workload *c, struct err *e)
{
	const char *where = c->section != NULL ? c->section : "workload";
	bool any = c->gaps != NULL && c->gaps[0] != '\0';

	if (!acts(c))
		return err_set(e, ERR_CONFIG,
			       "[%s] is empty: give at least one exit kind a weight, hvc_unknown = 1, or a trace",
			       c->section != NULL ? c->section : "mix");
	if (c->law != LAW_RECORDED || any)
		return 0;
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (c->mix[k] != 0 && (c->kind_gaps[k] == NULL || c->kind_gaps[k][0] == '\0'))
			return err_set(e, ERR_CONFIG,
				       "[%s] law = recorded, but no quantiles for %s: want gaps = "
				       "100 250 4000 "
				       "(ns), or such a list for the kind",
				       where, exit_row((enum exit_kind)k)->name);
	}
	return 0;
}

int workload_check(const struct workload *w, struct err *e)
{
	for (const struct workload *c = workload_next(w, NULL); c != NULL;
	     c = workload_next(w, c)) {
		if (check_class(c, e) != 0)
			return -1;
	}
	return 0;
}

int workload_share_out(const struct workload *w, uint64_t n, uint64_t *count, struct err *e)
{
	uint64_t fixed = 0, shares = 0, seen = 0, given = 0;
	size_t i = 0;

	for (const struct workload *c = workload_next(w, NULL); c != NULL;
	     c = workload_next(w, c)) {
		fixed += (uint64_t)c->vcpus;
		shares += c->vcpus == 0 ? (uint64_t)c->share : 0;
	}
	/* one class alone gets all, whatever its share */
	if (fixed > n || (fixed < n && shares == 0 && (w->classes != NULL || fixed != 0)))
		return err_set(e, ERR_CONFIG,
			       "the classes of the workload have %llu vCPUs, [machine] vcpus = "
			       "%llu: want %s",
			       (unsigned long long)fixed, (unsigned long long)n,
			       fixed > n ? "at most as many"
					 : "as many, or a class with a share of the rest");
	for (const struct workload *c = workload_next(w, NULL); c != NULL;
	     c = workload_next(w, c), i++) {
		/* what has been given out is always the share so far, rounded down */
		seen += c->vcpus == 0 ? (uint64_t)c->share : 0;
		count[i] = c->vcpus != 0 ? (uint64_t)c->vcpus : 0;
		if (c->vcpus == 0) {
			uint64_t upto = shares != 0 ? (n - fixed) * seen / shares : n;

			count[i] = upto - given;
			given = upto;
		}
	}
	return 0;
}

/* ---- quantiles ---- */

static int guest_gaps_parse(const char *text, const char *where, struct guest_gaps *out, struct err *e)
{
	const char *s = text;

	*out = (struct guest_gaps){xcalloc(GUEST_QUANTILES_MAX, sizeof(*out->ns)), 0};
	for (;;) {
		char *end;
		uint64_t ns;

		s += strspn(s, " \t,");
		if (*s == '\0')
			break;
		ns = strtoull(s, &end, 10);
		if (end == s || *s == '-' || *s == '+' ||
		    (*end != '\0' && strchr(" \t,", *end) == NULL) ||
		    ns > UINT64_C(1000000000000000) || out->n == GUEST_QUANTILES_MAX ||
		    (out->n != 0 && ns < out->ns[out->n - 1]))
			break;
		out->ns[out->n++] = ns;
		s = end;
	}
	if (*s == '\0' && out->n >= 2 && out->ns[out->n - 1] > 0)
		return 0;
	free(out->ns);
	*out = (struct guest_gaps){NULL, 0};
	return err_set(e, ERR_CONFIG,
		       "%s: quantiles \"%.40s\", at \"%.20s\": want 2 to %d whole numbers of "
		       "nanoseconds in "
		       "ascending order, the last above 0",
		       where, text, s, GUEST_QUANTILES_MAX);
}

int guest_gaps_of(struct guest_class *c, struct err *e)
{
	const struct workload *w = c->w;
	char where[160];

	(void)snprintf(where, sizeof(where), "[%s] gaps", w->section != NULL ? w->section : "workload");
	if (w->gaps != NULL && w->gaps[0] != '\0' && guest_gaps_parse(w->gaps, where, &c->any, e) != 0)
		return -1;
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (w->section != NULL)
			(void)snprintf(where, sizeof(where), "[%s] %s", w->section, gaps_key((enum exit_kind)k));
		else
			(void)snprintf(where, sizeof(where), "[gaps] %s", exit_row((enum exit_kind)k)->name);
		if (w->kind_gaps[k] != NULL && w->kind_gaps[k][0] != '\0' &&
		    guest_gaps_parse(w->kind_gaps[k], where, &c->kind[k], e) != 0)
			return -1;
	}
	return 0;
}
