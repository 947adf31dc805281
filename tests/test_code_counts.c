/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that does what was recorded (tests/guests/kinds.c), on each kernel, CPU and mode that was recorded: each of its exits
 * executes, register by register, what the recorded kernel executed (tests/golden/verify).
 */
#include <stdio.h>

#include "models/hyp/host/code.h"
#include "tests/suite.h"
#include "tests/verify_golden.h"

#define KINDS EL2SIM_SOURCE_DIR "/configs/guests/kinds.elf"

/* What the guest does in the function of the kind's name, and how many exits that is each time. */
static const struct {
	enum exit_kind kind; /* of a reference */
	unsigned exits;
	const char *function; /* NULL: the kind's name */
	bool lrs; /* how many interrupts wait differs from recording to recording */
} done[] = {
	{EXIT_hvc_unknown, 1, NULL, false}, {EXIT_hvc_psci_version, 1, NULL, false}, {EXIT_hvc_smccc_version, 1, NULL, false},
	{EXIT_smc_unknown, 1, NULL, false}, {EXIT_hvc_fp, 1, NULL, false}, {EXIT_hvc_debug, 1, NULL, false},
	{EXIT_hvc_pauth, 1, NULL, false}, {EXIT_hvc_pmu, 1, NULL, true}, {EXIT_sysreg_id, 1, NULL, false},
	{EXIT_sysreg_dbg, 1, NULL, false}, {EXIT_sysreg_actlr, 1, NULL, false}, {EXIT_sysreg_pmcr, 1, NULL, false},
	{EXIT_sysreg_vm, 1, NULL, false}, {EXIT_dc_isw, 1, NULL, false}, {EXIT_ptimer_prog, 2, NULL, false},
	{EXIT_mmio_gicd_read, 1, NULL, false}, {EXIT_mmio_read_user, 1, NULL, false}, {EXIT_mmio_write_user, 1, NULL, false},
	{EXIT_mmio_read_fp, 1, NULL, false}, {EXIT_mmio_irqline, 2, NULL, false}, {EXIT_s2_fault_read, 1, NULL, false},
	{EXIT_s2_fault_write, 1, NULL, false}, {EXIT_s2_fault_nopop, 1, NULL, false}, {EXIT_s2_exec, 1, NULL, false},
	{EXIT_sgi_self, 1, NULL, false}, {EXIT_sgi_self_masked, 1, NULL, false}, {EXIT_vtimer_irq, 1, NULL, false},
	{EXIT_wfi_timer, 1, NULL, false}, {EXIT_ipi_send, 1, NULL, false}, {EXIT_ipi_recv, 1, NULL, false},
	{EXIT_ipi_wfi_send, 1, NULL, false}, {EXIT_ipi_wfi_recv, 1, NULL, false}, {EXIT_mmio_ioeventfd, 1, "mmio_gicd_write", false},
};

/* What a guest cannot do, by itself or here (docs/guests.md). */
static const struct {
	enum exit_kind kind;
	const char *why;
} not_done[] = {
	{EXIT_mmio_read_sve, "the core has no SVE"},
	{EXIT_s2_dirtylog, "the VMM asks for it: below"},
	{EXIT_preempt_sched, "another thread of the host wakes up"},
	{EXIT_run_immediate_exit, "the VMM's call"},
	{EXIT_null_ioctl, "the VMM's call"},
	{EXIT_null_syscall, "the VMM's call"},
	{EXIT_get_one_reg, "the VMM's call"},
	{EXIT_set_one_reg, "the VMM's call"},
	{EXIT_get_reg_list, "the VMM's call"},
	{EXIT_irq_line, "the VMM's call"},
	{EXIT_set_guest_debug, "the VMM's call"},
	{EXIT_sched_yield, "the VMM's call"},
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what is counted ---- */

enum { NAMES = 1024, DIRTY_LOG_US = 60 };

struct exit_counts {
	const char *function;
	enum exit_kind kind;
	uint32_t *n; /* by name */
};

struct counts {
	struct watch hooks;
	struct smp *m;
	const struct ws_prog *p;
	struct {
		uint8_t op;
		char text[VERIFY_NAME_MAX];
	} name[NAMES];
	size_t n_names;
	uint64_t *before, *now;
	struct exit_counts *exit;
	size_t n;
	size_t open[2]; /* of each pCPU: the exit whose ops run, counted from 1 */
};

static size_t name_of(struct counts *c, enum ref_op op, const char *text)
{
	size_t i = 0;

	while (i < c->n_names && !(c->name[i].op == op && strcmp(c->name[i].text, text) == 0))
		i++;
	ck_assert_uint_lt(i, NAMES);
	if (i == c->n_names) {
		c->name[i].op = (uint8_t)op;
		(void)snprintf(c->name[i].text, sizeof(c->name[i].text), "%s", text);
		c->n_names++;
	}
	return i;
}

static void see_step(void *ctx, const struct watch_step *s)
{
	struct counts *c = ctx;
	const size_t first = c->p->comp[s->comp].first, n = c->p->comp[s->comp].n;
	struct exit_counts *x = c->open[s->cpu] != 0 ? &c->exit[c->open[s->cpu] - 1] : NULL;

	memset(c->now, 0, c->p->n * sizeof(*c->now));
	runner_exec(c->m->runner, c->now);
	for (size_t i = first; i < first + n; i++) {
		const uint64_t times = c->now[i] - c->before[i];

		c->before[i] = c->now[i];
		for (uint64_t k = 0; x != NULL && k < times; k++) {
			struct ws_op one = c->p->op[i];
			enum ref_op kind;
			char text[VERIFY_NAME_MAX];

			one.reg = (uint16_t)(one.reg + (one.per_lr ? k : 0));
			if (verify_key(&one, &kind, text))
				x->n[name_of(c, kind, text)]++;
		}
	}
}

static void see_exit(void *ctx, const struct smp_at *at, enum exit_kind kind)
{
	struct counts *c = ctx;
	const struct code_cpu *k = code_of(&c->m->vcpu[at->vcpu]);
	const uint64_t pc = exit_row(kind)->class == XC_IRQ ? k->cpu->core->pc : k->cpu->exit.pc;
	const struct image_symbol *s = image_symbol_at(&k->vm->vm->image, pc, NULL);

	c->exit = xrealloc(c->exit, (c->n + 1) * sizeof(*c->exit));
	c->exit[c->n++] = (struct exit_counts){s != NULL ? s->name : "", kind, xcalloc(NAMES, sizeof(uint32_t))};
	c->open[at->cpu] = c->n;
}

struct guest_options {
	struct smp_options o;
	struct workload w;
	struct opt_set *set;
	struct opt_row *rows;
};

/* Two vCPUs on two pCPUs, a tick of the host once a second, no polling, pages that are touched one by one. */
static void guest_options(struct guest_options *g)
{
	struct err e = {ERR_NONE, ""};
	size_t n;
	const struct opt_row *rows = smp_opt_rows(&n);

	memset(g, 0, sizeof(*g));
	g->set = opt_new();
	opt_add(g->set, rows, n, &g->o);
	g->rows = workload_opt_rows(&n);
	opt_add(g->set, g->rows, n, &g->w);
	ck_assert_msg(opt_done(g->set, &e) == 0, "%s", e.text);
	g->o.vcpus = g->o.pcpus = 2;
	g->o.tick_hz = 1;
	g->o.halt_poll_ns = 0;
	g->o.duration_us = 400000;
	g->w.guest = KINDS;
	g->w.stage2 = STAGE2_PAGE;
}

static void run(struct counts *c, const struct ws_prog *p, const char *name, unsigned dirty_log_us)
{
	struct guest_options g;
	struct err e = {ERR_NONE, ""};
	const struct outcome_guest *o;

	memset(c, 0, sizeof(*c));
	guest_options(&g);
	g.w.dirty_log_us = dirty_log_us;
	c->p = p;
	c->before = xcalloc(p->n, sizeof(*c->before));
	c->now = xcalloc(p->n, sizeof(*c->now));
	c->m = smp_new(&g.o, &g.w, p, NULL, false, &e);
	ck_assert_msg(c->m != NULL, "%s", e.text);
	c->hooks = (struct watch){.ctx = c, .step = see_step, .exit = see_exit};
	smp_watch(c->m, &c->hooks);
	ck_assert_msg(smp_run(c->m, &e) == 0, "%s: %s", name, e.text);
	o = c->m->out.guest;
	ck_assert_msg(strcmp(o->end, "powered off") == 0 && strcmp(o->console, "done\n") == 0, "%s: %s: \"%s\"\n%s", name, o->end,
		      o->console, o->tell);
	opt_free(g.set);
	free(g.rows);
}

static void counts_free(struct counts *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->exit[i].n);
	free(c->exit);
	free(c->before);
	free(c->now);
	smp_free(c->m);
}

/* ---- against the recordings ---- */

/* Differences between a recorded kind and `exits` exits of the guest from one on; false: there is none. */
static bool differs(const struct counts *c, size_t from, unsigned exits, const struct verify_case *want, struct str *text)
{
	const size_t before = text->len;
	uint32_t n[NAMES] = {0};

	for (unsigned i = 0; i < exits && from + i < c->n; i++)
		for (size_t k = 0; k < c->n_names; k++)
			n[k] += c->exit[from + i].n[k];
	for (size_t i = 0; i < want->n; i++) {
		const struct verify_item *it = &want->item[i];
		uint64_t have = 0;

		for (size_t k = 0; k < c->n_names; k++) {
			if (c->name[k].op != it->op || strcmp(c->name[k].text, it->name) != 0)
				continue;
			have = n[k];
			n[k] = 0;
		}
		if (have != it->ref)
			str_addf(text, " %s %s %llu, the guest %llu;", ref_op_name((enum ref_op)it->op), it->name,
				 (unsigned long long)it->ref, (unsigned long long)have);
	}
	for (size_t k = 0; k < c->n_names; k++)
		if (n[k] != 0)
			str_addf(text, " %s %s 0, the guest %u;", ref_op_name((enum ref_op)c->name[k].op), c->name[k].text, n[k]);
	return text->len != before;
}

/* Are all the differences list registers'? */
static bool of_list_registers(const char *text)
{
	for (const char *end; (end = strchr(text, ';')) != NULL; text = end + 1) {
		const char *ich = strstr(text, " ich_");

		if (ich == NULL || ich > end)
			return false;
	}
	return true;
}

/*
 * The calls of the guest's function but the first two and the last one, whose neighbours are of another kind and leave another state.
 * Returns how many were compared.
 */
static unsigned compare(const struct counts *c, const char *function, unsigned exits, const struct verify_case *want, bool lrs,
			const char *name, struct str *wrong)
{
	size_t call[64], n = 0;

	for (size_t i = 0; i < c->n && n < N(call); i++) {
		if (strcmp(c->exit[i].function, function) != 0)
			continue;
		call[n++] = i;
		i += exits - 1;
	}
	for (size_t i = 2; i + 1 < n; i++) {
		struct str text = STR_INIT;
		const bool other = differs(c, call[i], exits, want, &text) && !(lrs && of_list_registers(str_get(&text)));

		if (other)
			str_addf(wrong, "%s, cfg %u, %s: recorded%s\n", name, want->cfg, want->exit, str_get(&text));
		str_free(&text);
		if (other)
			break;
	}
	return n > 3 ? (unsigned)n - 3 : 0;
}

/* True if a guest can do it. Fails if nobody says whether. */
static bool can(enum exit_kind k, const char **function, unsigned *exits, bool *lrs)
{
	for (size_t i = 0; i < N(done); i++) {
		if (done[i].kind != k)
			continue;
		*function = done[i].function != NULL ? done[i].function : exit_row(k)->name;
		*exits = done[i].exits;
		*lrs = done[i].lrs;
		return true;
	}
	for (size_t i = 0; i < N(not_done); i++)
		if (not_done[i].kind == k && not_done[i].why[0] != '\0')
			return false;
	ck_abort_msg("%s: does the guest do that?", exit_row(k)->name);
	return false;
}

/* Every kind of one file and configuration. Returns how many the guest does. */
static unsigned check_file(const struct vg *g, unsigned cfg, struct str *wrong)
{
	struct ws_prog *p = vg_compile(g, cfg, SIZE_MAX);
	struct counts *c = xcalloc(1, sizeof(*c));
	unsigned kinds = 0;

	run(c, p, g->name, 0);
	for (size_t i = 0; i < g->v.n; i++) {
		const struct verify_case *want = &g->v.c[i];
		const char *function;
		unsigned exits;
		bool lrs;
		enum exit_kind k;

		if (want->cfg != cfg)
			continue;
		ck_assert(exit_by_name(want->exit, &k));
		if (!can(k, &function, &exits, &lrs))
			continue;
		if (compare(c, function, exits, want, lrs, g->name, wrong) < 4)
			str_addf(wrong, "%s, cfg %u: the guest does no %s\n", g->name, cfg, want->exit);
		kinds++;
	}
	counts_free(c);
	free(c);
	ws_free(p);
	return kinds;
}

/*
 * The VMM collects dirty pages, and whichever store comes next to a page exits: of this guest mostly those of its interrupt handlers, so
 * that a list register is in use, which none was in the recording. Returns how many exits were compared.
 */
static unsigned check_dirty_log(const struct vg *g, const struct verify_case *want, struct str *wrong)
{
	struct ws_prog *p = vg_compile(g, want->cfg, SIZE_MAX);
	struct counts *c = xcalloc(1, sizeof(*c));
	unsigned n = 0;

	run(c, p, g->name, DIRTY_LOG_US);
	for (size_t i = 2; i < c->n; i++) {
		struct str text = STR_INIT;

		n += c->exit[i].kind == EXIT_s2_dirtylog;
		if (c->exit[i].kind == EXIT_s2_dirtylog && differs(c, i, 1, want, &text) && !of_list_registers(str_get(&text)))
			str_addf(wrong, "%s, in %s: recorded%s\n", g->name, c->exit[i].function, str_get(&text));
		str_free(&text);
	}
	counts_free(c);
	free(c);
	ws_free(p);
	return n;
}

START_TEST(stores_to_logged_pages_count_what_the_recorded_kernel_counted)
{
	char name[64];
	unsigned files = 0;
	struct str wrong = STR_INIT;
	glob_t list;

	vg_list(&list, false);
	for (size_t f = 0; f < list.gl_pathc; f++) {
		struct vg g;

		vg_read(&g, vg_name(list.gl_pathv[f], name));
		for (size_t i = 0; i < g.v.n; i++)
			if (strcmp(g.v.c[i].exit, "s2_dirtylog") == 0 && g.v.c[i].cfg == 0) {
				ck_assert_uint_ge(check_dirty_log(&g, &g.v.c[i], &wrong), 40);
				files++;
			}
		vg_free(&g);
	}
	(void)fputs(str_get(&wrong), stderr);
	ck_assert_msg(wrong.len == 0, "the differences are above");
	ck_assert_uint_ge(files, 8);
	str_free(&wrong);
	globfree(&list);
}
END_TEST

static unsigned logged(const struct ws_prog *p, unsigned dirty_log_us)
{
	struct counts *c = xcalloc(1, sizeof(*c));
	unsigned n = 0;

	run(c, p, "dirty logging", dirty_log_us);
	for (size_t i = 0; i < c->n; i++)
		n += c->exit[i].kind == EXIT_s2_dirtylog;
	counts_free(c);
	free(c);
	return n;
}

START_TEST(a_page_exits_at_its_first_store_behind_each_collection)
{
	char name[64];
	glob_t list;
	struct vg g;
	struct ws_prog *p;

	vg_list(&list, false);
	vg_read(&g, vg_name(list.gl_pathv[0], name));
	p = vg_compile(&g, 0, SIZE_MAX);
	ck_assert_uint_eq(logged(p, 0), 0);
	ck_assert_uint_gt(logged(p, 10 * DIRTY_LOG_US), 4);
	ck_assert_uint_gt(logged(p, DIRTY_LOG_US), 5 * logged(p, 10 * DIRTY_LOG_US));
	ws_free(p);
	vg_free(&g);
	globfree(&list);
}
END_TEST

START_TEST(a_guest_counts_what_the_recorded_kernel_counted)
{
	char name[64];
	unsigned kinds = 0;
	struct str wrong = STR_INIT;
	glob_t list;

	vg_list(&list, false);
	for (size_t f = 0; f < list.gl_pathc; f++) {
		struct vg g;

		vg_read(&g, vg_name(list.gl_pathv[f], name));
		kinds += check_file(&g, 0, &wrong) + check_file(&g, 2, &wrong);
		vg_free(&g);
	}
	printf("kinds that the guest does, each as recorded: %u of %zu files\n", kinds, list.gl_pathc);
	(void)fputs(str_get(&wrong), stderr);
	ck_assert_msg(wrong.len == 0, "the differences are above");
	str_free(&wrong);
	ck_assert_uint_ge(list.gl_pathc, 12);
	ck_assert_uint_ge(kinds, 450);
	globfree(&list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("code_counts");
	TCase *t = tcase_create("code_counts");

	tcase_add_test(t, a_guest_counts_what_the_recorded_kernel_counted);
	tcase_add_test(t, stores_to_logged_pages_count_what_the_recorded_kernel_counted);
	tcase_add_test(t, a_page_exits_at_its_first_store_behind_each_collection);
	suite_add_tcase(s, t);
	return suite_status(s);
}
