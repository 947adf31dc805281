/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/guest.h"

__extension__ typedef unsigned __int128 u128;

/* ---- random numbers ---- */

/* Finalizer of MurmurHash3, 64 bits: each input bit changes half of the output bits. */
static uint64_t mix64(uint64_t z)
{
	z = (z ^ z >> 33) * UINT64_C(0xff51afd7ed558ccd);
	z = (z ^ z >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return z ^ z >> 33;
}

uint64_t guest_random(uint64_t seed, uint32_t vcpu, uint32_t stream, uint64_t n)
{
	uint64_t key =
		mix64(mix64(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)vcpu << 8 | stream));

	return mix64(key + n * UINT64_C(0x9e3779b97f4a7c15));
}

static uint64_t draw(struct guest *g, enum guest_stream s)
{
	return guest_random(g->seed, g->vcpu, s, g->drawn[s]++);
}

uint64_t guest_below(struct guest *g, enum guest_stream s, uint64_t n)
{
	return (uint64_t)((u128)draw(g, s) * n >> 64);
}

/* -log2 of (x + 1) / 2^64 with 32 fractional bits, by squaring: the same on every machine. */
static uint64_t minus_log2(uint64_t x)
{
	unsigned whole = x != 0 ? (unsigned)__builtin_clzll(x) : 63;
	uint64_t m = x << whole, log = 0; /* m / 2^63 in 1..2 */

	if (x == 0)
		m = UINT64_C(1) << 63;
	for (unsigned bit = 0; bit < 24; bit++) {
		u128 square = (u128)m * m >> 63;

		log <<= 1;
		if (square >> 64 != 0) {
			log |= 1;
			square >>= 1;
		}
		m = (uint64_t)square;
	}
	return ((uint64_t)(whole + 1) << 32) - (log << 8);
}

uint64_t guest_exponential(struct guest *g, enum guest_stream s, uint64_t mean)
{
	const uint64_t ln2 = 2977044472; /* 2^32 ln 2, rounded */
	uint64_t e = (uint64_t)((u128)minus_log2(draw(g, s)) * ln2 >> 32);
	u128 cycles = (u128)mean * e >> 32;

	return cycles == 0 ? 1 : (uint64_t)cycles;
}

/* ---- a vCPU's life ---- */

void guest_init(struct guest *g, const struct workload *w, uint64_t seed, uint32_t vcpu,
		uint64_t hz)
{
	*g = (struct guest){.w = w, .seed = seed, .hz = hz, .vcpu = vcpu};
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		g->mix_total += (uint64_t)w->mix[k];
}

uint64_t guest_gap(struct guest *g)
{
	const struct workload *w = g->w;
	uint64_t mean = g->hz / (uint64_t)w->exits_per_s, n = g->drawn[STREAM_GAP], pause;

	if (mean == 0)
		mean = 1;
	if (w->law == LAW_CONSTANT)
		return mean;
	if (w->law == LAW_BURSTY && n % (uint64_t)w->burst_exits == (uint64_t)w->burst_exits - 1) {
		pause = (uint64_t)((u128)g->hz * (uint64_t)w->pause_us / 1000000);
		return pause + guest_exponential(g, STREAM_GAP, mean);
	}
	return guest_exponential(g, STREAM_GAP, mean);
}

enum exit_kind guest_kind(struct guest *g)
{
	uint64_t at = guest_below(g, STREAM_KIND, g->mix_total);

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (at < (uint64_t)g->w->mix[k])
			return (enum exit_kind)k;
		at -= (uint64_t)g->w->mix[k];
	}
	BUG("the weights do not add up");
}

bool guest_uses_fp(struct guest *g)
{
	return guest_below(g, STREAM_FP, 1000) < (uint64_t)g->w->fp_permille;
}

/* ---- options ---- */

bool workload_kind(enum exit_kind k)
{
	const struct exit_row *row = exit_row(k);
	unsigned enters = 0;

	for (unsigned i = 0; i < row->n; i++) {
		if (row->step[i].meanwhile)
			return false;
		enters += exit_step_is(&row->step[i], PHASE_ENTER);
	}
	return exit_is_exit(k) && enters == 1 && exit_step_is(&row->step[row->n - 1], PHASE_ENTER) &&
	       (row->state & (CND(IRQ) | CND(SERROR) | CND(LR_LIVE))) == 0;
}

#define MEMBER(m) offsetof(struct workload, m)

static const char *const law_names[] = {
#define X(id, name) name,
	GUEST_LAWS(X)
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
	 "time of the VMM for an exit to it"},
	{"workload", "fp_permille", OPT_INT, MEMBER(fp_permille), "0", 0, 1000, "", NULL,
	 "guest entries, of a thousand, after which the guest uses FP/SIMD"},
};

struct opt_row *workload_opt_rows(size_t *n)
{
	const size_t fixed = sizeof(fixed_rows) / sizeof(fixed_rows[0]);
	struct opt_row *rows = xcalloc(fixed + EXIT_COUNT, sizeof(*rows));

	for (*n = 0; *n < fixed; (*n)++)
		rows[*n] = fixed_rows[*n];
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (!workload_kind((enum exit_kind)k))
			continue;
		rows[(*n)++] = (struct opt_row){.section = "mix",
						.key = exit_row((enum exit_kind)k)->name,
						.type = OPT_INT,
						.offset = MEMBER(mix) + k * sizeof(int64_t),
						.def = "0",
						.max = 1000000,
						.unit = "",
						.help = exit_row((enum exit_kind)k)->help};
	}
	return rows;
}

int workload_check(const struct workload *w, struct err *e)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (w->mix[k] != 0)
			return 0;
	}
	return err_set(e, ERR_CONFIG,
		       "[mix] is empty: give at least one exit kind a weight, hvc_unknown = 1");
}
