/* SPDX-License-Identifier: Apache-2.0 */
/* The run of a guest that executes, written as KVM's events: a replay counts what the machine counted. */
#include <stdio.h>
#include <unistd.h>

#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_events.h"
#include "models/hyp/replay/replay.h"
#include "tests/smp_bench.h"
#include "tests/suite.h"

static const char *const guests[] = {"exits", "kinds"};
static const char *const models[] = {"linux-6.12-vhe", "linux-6.12-nvhe", "linux-6.12-hvhe", "linux-6.12-protected",
				     "linux-6.1-vhe",  "linux-6.1-nvhe",  "linux-6.1-protected", "linux-4.15-vhe"};
#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct smp *written(struct bench *b, const char *model, const char *guest, const char *path)
{
	struct err e = {ERR_NONE, ""};
	struct smp_events *s;
	struct smp *m;

	setup(b, model);
	b->w.guest = guest;
	b->w.stage2 = STAGE2_PAGE;
	b->w.dirty_log_us = 300;
	b->o.vcpus = b->o.pcpus = 2;
	b->o.tick_hz = 250;
	b->o.halt_poll_ns = 20000;
	b->o.duration_us = 400000;
	m = machine(b, true);
	s = smp_events_new(m, path, &e);
	ck_assert_msg(s != NULL, "%s", e.text);
	ck_assert_msg(smp_run(m, &e) == 0 && smp_events_finish(s, "test", &e) == 0, "%s", e.text);
	ck_assert_str_eq(m->out.guest->end, "powered off");
	return m;
}

static struct outcome *replayed(const struct bench *b, const char *path)
{
	const struct replay_options opt = {.counting = true, .from = "", .to = ""};
	struct err e = {ERR_NONE, ""};
	struct tr_reader *t = tr_open(path, &e);
	struct outcome *r;

	ck_assert_msg(t != NULL, "%s", e.text);
	r = replay_run(b->prog, t, &opt, &e);
	ck_assert_msg(r != NULL && outcome_check(r, &e) == 0, "%s", e.text);
	tr_close(t);
	return r;
}

static void exits_by_class(const struct outcome *o, uint64_t n[XC_COUNT])
{
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		if (exit_is_exit((enum exit_kind)k))
			n[exit_row((enum exit_kind)k)->class] += o->kind[k].count;
}

/* The exits that the end cut off are among the trace's, and not of a kind. */
START_TEST(a_replay_counts_what_the_guests_machine_counted)
{
	const char *model = models[(unsigned)_i % N(models)], *guest = guests[(unsigned)_i / N(models)];
	uint64_t sim[XC_COUNT] = {0}, rep[XC_COUNT] = {0};
	char path[64], image[500];
	struct outcome *r;
	struct bench b;
	struct smp *m;

	(void)snprintf(path, sizeof(path), "/tmp/el2sim-code-events-%ld.e2t", (long)getpid());
	(void)snprintf(image, sizeof(image), "%s/configs/guests/%s.elf", EL2SIM_SOURCE_DIR, guest);
	m = written(&b, model, image, path);
	r = replayed(&b, path);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_uint_gt(r->n.exits, 200);
	ck_assert_uint_eq(r->n.exits, m->out.n.exits);
	ck_assert_uint_eq(r->n.entries, m->out.n.entries);
	ck_assert_uint_eq(r->n.user_exits, m->out.n.user_exits);
	ck_assert_uint_eq(r->n.loads, m->out.n.loads);
	ck_assert_uint_eq(r->n.puts, m->out.n.puts);
	ck_assert_uint_eq(r->trace.lost_entries + r->trace.lost_exits + r->trace.inferred, 0);
	exits_by_class(&m->out, sim);
	exits_by_class(r, rep);
	for (unsigned c = 0; c < XC_COUNT; c++)
		ck_assert_msg(c == XC_OTHER || (rep[c] >= sim[c] && rep[c] <= sim[c] + m->n_vcpu), "class %u: %llu, in the replay %llu", c,
			      (unsigned long long)sim[c], (unsigned long long)rep[c]);
	replay_free(r);
	smp_free(m);
	teardown(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("code_events");
	TCase *t = tcase_create("code_events");

	tcase_add_loop_test(t, a_replay_counts_what_the_guests_machine_counted, 0, (int)(N(models) * N(guests)));
	suite_add_tcase(s, t);
	return suite_status(s);
}
