// SPDX-License-Identifier: Apache-2.0
/*
 * The A64 core against qemu-aarch64, instruction by instruction: random words of every row of decode.def that user space
 * may execute, on random registers, flags and memory. EL2SIM_A64_STEP is tests/a64/step.c built for AArch64.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/cpu/a64/a64.h"
#include "sim/base/err.h"
#include "tests/a64/step.h"
#include "tests/suite.h"

/* What not each QEMU's "max" has (7.2: none of them), and a word that tells; x0 is 4 beyond an aligned address. */
static const struct {
	enum a64_feat feat;
	uint32_t word;
} newer[] = {
	{A64_FEAT_XS, 0xd5033e3f},   /* DSB nXS */
	{A64_FEAT_WFXT, 0xd5031021}, /* WFIT x1, whose time is over */
	{A64_FEAT_LSE2, 0xc85f7c02}, /* LDXR x2, [x0] */
};
static uint64_t feats = A64_FEATS_ALL;

/*
 * Words tried of each row. For a long run EL2SIM_A64_CASES says another number, or EL2SIM_A64_PER_CLASS how many of all rows of a class
 * together (1000000); EL2SIM_A64_SEED makes them others, so that several runs add up.
 */
enum { CASES = 100, ROUND = 4096 };

static uint64_t rng(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s * 0x2545f4914f6cdd1d;
}

/* Operands where something happens: small, all ones, signs, random. */
static uint64_t operand(uint64_t *s)
{
	uint64_t r = rng(s);

	switch (rng(s) >> 40 & 7) {
	case 0: return r & 0xff;
	case 1: return -(r & 0xff);
	case 2: return (uint64_t)1 << (r & 63);
	case 3: return ((uint64_t)1 << (r & 63)) - 1;
	case 4: return (uint32_t)r;
	case 5: return r | (uint64_t)1 << 63;
	default: return r;
	}
}

/* A vector's elements of one width, of the values where something happens. */
static void vector_operand(uint64_t *s, uint64_t v[2])
{
	static const uint16_t half[] = {0, 0x8000, 0x3c00, 0xbc00, 0x7c00, 0xfc00, 0x7e00, 0x7e01, 0x7c01, 0xfd55, 1, 0x83ff, 0x0400, 0x7bff, 0x3800};
	static const uint32_t single[] = {0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7fc00001,
					  0x7f800001, 0xffa55555, 1, 0x807fffff, 0x00800000, 0x7f7fffff, 0x3f000000, 0x4f000000,
					  0xcf000000, 0x5f000000, 0x4b000001};
	static const uint64_t wide[] = {0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000,
					0xfff0000000000000, 0x7ff8000000000000, 0x7ff8000000000001, 0x7ff0000000000001,
					0xfff5555555555555, 1, 0x800fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
					0x3fe0000000000000, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000,
					0x47efffffe0000000, 0x3810000000000000, 0x369fffffffffffff};
#define PICK(list, r) list[(r) % (sizeof(list) / sizeof(list[0]))]
	unsigned size = rng(s) >> 40 & 3, step = 8u << size;

	for (unsigned at = 0; at < 128; at += step) {
		uint64_t r = rng(s), e = r;

		switch (rng(s) >> 40 & 7) {
		case 0:
		case 1: e = size == 1 ? PICK(half, r >> 8) : size == 2 ? PICK(single, r >> 8) : size == 3 ? PICK(wide, r >> 8) : r; break;
		case 2: e = r >> (r & 63); break;
		case 3: e = -(r & 0x1f); break;
		case 4: /* near one: exponents where numbers meet */
			e = size == 1 ? 0x3800 + (r & 0x8fff) : size == 2 ? 0x3f000000 + (r & 0x80ffffff)
							      : 0x3fe0000000000000 + (r & 0x801fffffffffffff);
			break;
		case 5: e = size == 2 ? (r & 0x807fffff) | (r >> 32 & 63) << 23 | 0x3e000000 : r & 0xfffffffff0000000; break;
		default: break;
		}
		if (size < 3)
			e &= ((uint64_t)1 << step) - 1;
		if (at % 64 == 0)
			v[at / 64] = 0;
		v[at / 64] |= e << at % 64;
	}
}

struct world {
	uint8_t *data, *code;
};

static uint8_t *ram(void *owner, uint64_t pa)
{
	struct world *w = owner;

	if (pa >= STEP_DATA && pa < STEP_DATA + STEP_DATA_SIZE)
		return w->data + (pa - STEP_DATA);
	return pa == STEP_CODE ? w->code : NULL;
}

static void put_word(uint8_t *code, unsigned at, uint32_t word)
{
	memcpy(code + at, &word, 4);
}

static struct world world_new(void)
{
	struct world w = {xmalloc(STEP_DATA_SIZE), xmalloc(4096)};

	for (unsigned i = 0; i < STEP_DATA_SIZE; i++)
		w.data[i] = step_data(i);
	for (unsigned i = 0; i < 1024; i++)
		put_word(w.code, 4 * i, step_code(i));
	put_word(w.code, 0x804, 0xd4400000); /* HLT #0, HLT #1 */
	put_word(w.code, 0x808, 0xd4400020);
	return w;
}

/* What the core makes of a step. */
static void execute(struct a64 *c, struct world *w, struct step *s)
{
	uint8_t *window = w->data + (s->window - STEP_DATA);
	enum a64_stop stop;

	memcpy(window, s->mem, STEP_WINDOW);
	put_word(w->code, 0x800, s->insn);
	a64_flush_code(c);
	memcpy(c->x, s->x, sizeof(s->x));
	c->x[A64_SP] = s->sp;
	c->x[A64_ZR] = 0;
	c->nzcv = (uint32_t)(s->nzcv >> 28);
	memcpy(c->v, s->v, sizeof(s->v));
	c->reg[A64_R_FPCR] = s->fpcr;
	c->reg[A64_R_FPSR] = s->fpsr;
	c->pc = STEP_SLOT;
	c->ps.btype = 0;
	c->excl.valid = false;
	stop = a64_run(c, 3);
	if (stop == A64_STOP_HALT)
		s->end = (uint32_t)c->exit.esr;
	else if (stop == A64_STOP_EXCEPTION && c->exit.esr >> 26 == 0)
		s->end = STEP_UNDEFINED;
	else if (stop == A64_STOP_EXCEPTION)
		s->end = STEP_ABORT;
	else
		ck_abort_msg("0x%08" PRIx32 ": stopped by %d, %s", s->insn, (int)stop, c->exit.what ? c->exit.what : "");
	memcpy(s->x, c->x, sizeof(s->x));
	s->sp = c->x[A64_SP];
	s->nzcv = (uint64_t)c->nzcv << 28;
	memcpy(s->v, c->v, sizeof(s->v));
	s->fpcr = c->reg[A64_R_FPCR];
	s->fpsr = c->reg[A64_R_FPSR];
	memcpy(s->mem, window, STEP_WINDOW);
	for (unsigned i = 0; i < STEP_WINDOW; i++)
		window[i] = step_data((unsigned)(s->window - STEP_DATA) + i);
}

static bool is_access(unsigned class)
{
	return class == A64_CLASS_load || class == A64_CLASS_store || class == A64_CLASS_load_pair ||
	       class == A64_CLASS_store_pair || class == A64_CLASS_atomic;
}

static bool writes_back(enum a64_insn insn)
{
	const char *name = a64_insn_name(insn);

	return strstr(name, "_post") != NULL || strstr(name, "_pre") != NULL;
}

/* CONSTRAINED UNPREDICTABLE, or of no use here: x28 holds the other side's state. */
static bool excluded(const struct a64_op *op)
{
	uint32_t w = op->word;
	unsigned rd = w & 31, rn = w >> 5 & 31, rt2 = w >> 10 & 31, rs = w >> 16 & 31;
	const uint8_t used[] = {op->d, op->e, op->n, op->m, op->a, op->t, op->u, op->s};
	bool pair = op->class == A64_CLASS_load_pair || op->class == A64_CLASS_store_pair;
	bool excl = op->insn == A64_STXR || op->insn == A64_STLXR || op->insn == A64_STXP || op->insn == A64_STLXP;

	for (unsigned i = 0; i < sizeof(used); i++)
		if (used[i] == STEP_CONTEXT)
			return true;
	if (op->insn == A64_CASP && (rs + 1 == STEP_CONTEXT + 1 || rd + 1 == STEP_CONTEXT + 1))
		return true;
	if (a64_insn_is_vector((enum a64_insn)op->insn))
		return strstr(a64_insn_name((enum a64_insn)op->insn), "LDP_v") != NULL || op->insn == A64_LDNP_v ? rd == rt2 : false;
	if (writes_back((enum a64_insn)op->insn) && (rn == rd || (pair && rn == rt2)) && rn != 31)
		return true;
	if (op->class == A64_CLASS_load_pair && rd == rt2)
		return true;
	return excl && (rs == rd || rs == rn || (pair && rs == rt2));
}

/* Where QEMU 7.2 does not do what the Arm ARM says, or has a feature that the core has no row for. */
static bool qemu_differs(const struct a64_op *op, uint64_t fpcr)
{
	uint32_t w = op->word;

	switch (op->insn) {
	case A64_FCVT: return (w >> 15 & 3) == 2;                               /* BFCVT (FEAT_BF16) */
	case A64_MOVI: return (w & 0x2000f800) == 0x2000f800;                   /* unallocated: cmode 15, op 1, o2 1 */
	case A64_FJCVTZS: return (fpcr >> 24 & 1) != 0;                         /* Z of a denormal that counts as zero */
	case A64_FCVTZS_x_s: return (w >> 19 & 15) >> 1 == 1;                   /* writes 32 bits of a half's 16 */
	default: return false;
	}
}

/* Rows that need another EL, or keys that the other side does not tell: other tests have them. */
static bool elsewhere(enum a64_insn insn, unsigned class, const char *name)
{
	static const char *const pauth[] = {"BRAZ", "BLRAZ", "RETA", "ERETA", "BRA", "BLRA", "PACGA", "PAC", "AUT", "PACZ", "AUTZ",
					    "LDRA", "XPAC"};

	(void)insn;
	for (unsigned i = 0; i < sizeof(pauth) / sizeof(pauth[0]); i++)
		if (strcmp(name, pauth[i]) == 0)
			return true;
	return class == A64_CLASS_sys || (class == A64_CLASS_exc && strcmp(name, "UDF") != 0);
}

static uint64_t extended(uint64_t v, unsigned option)
{
	return option == 2 ? (uint32_t)v : option == 6 ? (uint64_t)(int32_t)v : v;
}

/* Registers, memory and flags for a word; false: leave it. */
static bool prepare(uint64_t *seed, struct step *s, const struct a64_op *op)
{
	uint64_t at = STEP_DATA + STEP_DATA_SIZE / 2 + (rng(seed) >> 20 & 0xff0);
	bool literal = strstr(a64_insn_name((enum a64_insn)op->insn), "_lit") != NULL;
	const char *name = a64_insn_name((enum a64_insn)op->insn);

	for (unsigned i = 0; i < 31; i++)
		s->x[i] = operand(seed);
	s->x[STEP_CONTEXT] = 0;
	s->sp = STEP_DATA + 0x1000 + (rng(seed) >> 30 & 0xff0);
	s->nzcv = rng(seed) & 0xf0000000;
	for (unsigned i = 0; i < 32; i++)
		vector_operand(seed, s->v[i]);
	if (a64_insn_is_vector((enum a64_insn)op->insn)) {
		uint64_t r = rng(seed);

		/* RMode; now and then FZ, DN, AHP, FZ16; flags that were there. */
		s->fpcr = (r & 3) << 22;
		for (unsigned i = 0; i < 4; i++)
			s->fpcr |= (uint64_t)((r >> (8 + 4 * i) & 15) < 3) << (const unsigned[4]){24, 25, 26, 19}[i];
		s->fpsr = r >> 40 & 1 ? 0 : r >> 41 & 0x0800009f;
		/* Sums and products of what is alike. */
		if (r >> 60 == 0 && op->m < 32)
			memcpy(s->v[op->m], s->v[op->n & 31], 16);
		if (r >> 60 == 1 && op->m < 32 && op->n < 32) {
			s->v[op->m][0] = s->v[op->n][0] ^ (uint64_t)1 << 63 ^ (r & 1);
			s->v[op->m][1] = s->v[op->n][1] ^ (uint64_t)1 << 63;
		}
	}
	for (unsigned i = 0; i < STEP_WINDOW; i++)
		s->mem[i] = (uint8_t)(rng(seed) >> 33);
	s->window = STEP_DATA + 0x100;
	if (op->class == A64_CLASS_branch && (op->insn == A64_BR || op->insn == A64_BLR || op->insn == A64_RET)) {
		if (op->n == A64_ZR)
			return false;
		s->x[op->n] = STEP_SLOT + (rng(seed) >> 40 & 1 ? 8 : 4);
	} else if (op->class == A64_CLASS_branch && op->imm != 8 && op->imm != 4) {
		return false;
	}
	if (!is_access(op->class) || strncmp(name, "PRF", 3) == 0)
		return true;
	if (strstr(name, "n_multi") != NULL || strstr(name, "n_one") != NULL) { /* whose displacement is of its base only */
		if (op->u && op->m < A64_SP && op->m == op->n)
			return false;
		s->x[op->n == A64_SP ? STEP_CONTEXT : op->n] = at;
		if (op->n == A64_SP)
			s->sp = at;
		s->window = (at & ~(uint64_t)15) - 16;
		s->x[STEP_CONTEXT] = 0;
		return true;
	}
	if (literal)
		return STEP_SLOT + op->imm >= STEP_CODE && STEP_SLOT + op->imm < STEP_CODE + 4088 && (op->imm >= 12 || (int64_t)op->imm <= -16);
	if (op->n != A64_SP && (rng(seed) >> 50 & 7) == 0 && strstr(name, "STXR") == NULL && strstr(name, "STXP") == NULL &&
	    strstr(name, "STLX") == NULL && op->insn != A64_LDAPR) /* a failing store exclusive may check its alignment or not;
								       QEMU 7.2 does not check LDAPR */
		at += rng(seed) >> 50 & 15;
	if (op->n == A64_SP)
		s->sp = at;
	else
		s->x[op->n] = at;
	if (strstr(name, "_r") != NULL) {
		uint64_t index = (rng(seed) >> 20 & 0x3ff) - 0x200;

		if (op->m == op->n || op->m == A64_ZR)
			return false;
		s->x[op->m] = op->kind == 2 || op->kind == 6 ? index & 0xffffffff : index;
		if (op->kind == 2)
			s->x[op->m] &= 0x3ff;
		at += extended(s->x[op->m], op->kind) << op->aux;
	} else if (strstr(name, "_post") == NULL) {
		at += op->imm;
	}
	/* A base that is written back must be readable by the other side as a number only. */
	s->window = (at & ~(uint64_t)15) - 16;
	return s->window >= STEP_DATA && s->window + STEP_WINDOW <= STEP_DATA + STEP_DATA_SIZE;
}

/* The fields of a row, at random; branches and literals with offsets that reach. */
static uint32_t word_of(uint64_t *seed, enum a64_insn insn)
{
	uint32_t mask, value, r = (uint32_t)(rng(seed) >> 16);
	const char *name = a64_insn_name(insn);

	a64_insn_bits(insn, &mask, &value);
	r = (r & ~mask) | value;
	if (insn == A64_B || insn == A64_BL)
		r = (r & 0xfc000000) | 2;
	else if (insn == A64_B_cond || insn == A64_CBZ || insn == A64_CBNZ)
		r = (r & 0xff00001f) | 2 << 5;
	else if (insn == A64_TBZ || insn == A64_TBNZ)
		r = (r & 0xfff8001f) | 2 << 5;
	else if (strstr(name, "_lit") != NULL && insn != A64_PRFM_lit) {
		const int words = (int)(rng(seed) >> 20 & 0x3ff) - 512;

		/* What is behind the instruction is not the same on both sides. */
		r = (r & 0xff00001f) | ((uint32_t)(words >= -2 && words <= 1 ? 2 : words) & 0x7ffff) << 5;
	}
	/* Values that matter: extreme shifts and immediates are rare at random. */
	return r;
}

struct batch {
	struct step *before, *after;
	unsigned n;
};

static void ask_qemu(struct batch *b)
{
	char in[] = "/tmp/el2sim-a64-in-XXXXXX", out[] = "/tmp/el2sim-a64-out-XXXXXX", command[1024];
	int fi = mkstemp(in), fo = mkstemp(out);
	FILE *f;

	ck_assert(fi >= 0 && fo >= 0);
	f = fdopen(fi, "wb");
	ck_assert_uint_eq(fwrite(b->before, sizeof(*b->before), b->n, f), b->n);
	ck_assert_int_eq(fclose(f), 0);
	snprintf(command, sizeof(command), "qemu-aarch64 -cpu max %s <%s >%s", EL2SIM_A64_STEP, in, out);
	ck_assert_int_eq(system(command), 0);
	f = fdopen(fo, "rb");
	ck_assert_uint_eq(fread(b->after, sizeof(*b->after), b->n, f), b->n);
	fclose(f);
	unlink(in);
	unlink(out);
}

/* Leaves out of the core what this QEMU does not have. */
static void probe(void)
{
	enum { N = sizeof(newer) / sizeof(newer[0]) };
	struct step before[N], after[N];
	struct batch b = {before, after, N};

	memset(before, 0, sizeof(before));
	for (unsigned i = 0; i < N; i++) {
		before[i].insn = newer[i].word;
		before[i].window = STEP_DATA + 0x100;
		before[i].x[0] = STEP_DATA + 0x104;
		before[i].sp = STEP_DATA + 0x1000;
	}
	ask_qemu(&b);
	for (unsigned i = 0; i < N; i++)
		if (after[i].end != STEP_FALLS_THROUGH)
			feats &= ~((uint64_t)1 << newer[i].feat);
}

/* What differs of a step, in words; NULL: nothing. */
static const char *difference(enum a64_insn insn, const struct step *before, const struct step *want, const struct step *got, char what[512])
{
	/* What the manual has as (0) or (1) and is not so: CONSTRAINED UNPREDICTABLE; QEMU 10 has such words UNDEFINED, 7.2 takes them. */
	if (want->end == STEP_UNDEFINED && a64_insn_either(insn) & ~got->insn)
		return NULL;
	if (want->end != got->end)
		return snprintf(what, 512, "ends by %u, want %u", got->end, want->end), what;
	if (want->end == STEP_UNDEFINED || want->end == STEP_ABORT)
		return NULL;
	for (unsigned i = 0; i < 31; i++)
		if (i != STEP_CONTEXT && want->x[i] != got->x[i])
			return snprintf(what, 512, "x%u = 0x%" PRIx64 ", want 0x%" PRIx64 " (was 0x%" PRIx64 ")", i, got->x[i],
					want->x[i], before->x[i]), what;
	if (want->sp != got->sp)
		return snprintf(what, 512, "sp = 0x%" PRIx64 ", want 0x%" PRIx64, got->sp, want->sp), what;
	if (want->nzcv != got->nzcv)
		return snprintf(what, 512, "nzcv = 0x%" PRIx64 ", want 0x%" PRIx64 " (was 0x%" PRIx64 "; n %016" PRIx64 " fpcr 0x%" PRIx64 ")",
				got->nzcv >> 28, want->nzcv >> 28, before->nzcv >> 28, before->v[got->insn >> 5 & 31][0], before->fpcr), what;
	for (unsigned i = 0; i < 32; i++)
		if (want->v[i][0] != got->v[i][0] || want->v[i][1] != got->v[i][1])
			return snprintf(what, 512,
					"v%u = %016" PRIx64 "_%016" PRIx64 ", want %016" PRIx64 "_%016" PRIx64 " (d %016" PRIx64 "_%016" PRIx64
					" n %016" PRIx64 "_%016" PRIx64 " m %016" PRIx64 "_%016" PRIx64 "; fpcr 0x%" PRIx64 ")",
					i, got->v[i][1], got->v[i][0], want->v[i][1], want->v[i][0], before->v[i][1], before->v[i][0],
					before->v[got->insn >> 5 & 31][1], before->v[got->insn >> 5 & 31][0],
					before->v[got->insn >> 16 & 31][1], before->v[got->insn >> 16 & 31][0], before->fpcr), what;
	if (want->fpsr != got->fpsr)
		return snprintf(what, 512, "fpsr = 0x%" PRIx64 ", want 0x%" PRIx64 " (was 0x%" PRIx64 "; n %016" PRIx64 "_%016" PRIx64
				" m %016" PRIx64 "_%016" PRIx64 "; fpcr 0x%" PRIx64 ")", got->fpsr, want->fpsr, before->fpsr,
				before->v[got->insn >> 5 & 31][1], before->v[got->insn >> 5 & 31][0],
				before->v[got->insn >> 16 & 31][1], before->v[got->insn >> 16 & 31][0], before->fpcr), what;
	for (unsigned i = 0; i < STEP_WINDOW; i++)
		if (want->mem[i] != got->mem[i])
			return snprintf(what, 512, "byte %u = 0x%x, want 0x%x", i, got->mem[i], want->mem[i]), what;
	return NULL;
}

/* One line per row that differs; returns how many rows. */
static unsigned compare(struct batch *b)
{
	uint16_t last = 0;
	unsigned differ = 0;
	struct world w = world_new();
	struct a64_bus bus = {.owner = &w, .ram = ram};
	struct a64 *c = a64_new(&bus, feats, 0, 0);

	c->reg[A64_R_CPACR_EL1] = (uint64_t)3 << 20; /* FPEN */
	ask_qemu(b);
	for (unsigned i = 0; i < b->n; i++) {
		struct step got = b->before[i];
		struct a64_op op;
		const char *text;
		char what[512];

		execute(c, &w, &got);
		a64_decode(got.insn, feats, &op);
		text = difference((enum a64_insn)op.insn, &b->before[i], &b->after[i], &got, what);
		if (text != NULL && op.insn != last) {
			printf("%s 0x%08" PRIx32 ": %s\n", a64_insn_name((enum a64_insn)op.insn), got.insn, text);
			fflush(stdout); /* a failing check ends the process */
			last = op.insn;
			differ++;
		}
	}
	a64_free(c);
	free(w.data);
	free(w.code);
	b->n = 0;
	return differ;
}

/* The class of a row that is tried here; A64_CLASSES: it is tried elsewhere. */
static unsigned class_of(uint64_t *seed, enum a64_insn insn)
{
	struct a64_op op;

	do
		a64_decode(word_of(seed, insn), feats, &op);
	while (op.insn != insn);
	return elsewhere(insn, op.class, a64_insn_name(insn)) ? A64_CLASSES : op.class;
}

static unsigned asked(const char *variable)
{
	const char *text = getenv(variable);

	return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0;
}

START_TEST(every_row_of_user_space_does_what_qemu_does)
{
	unsigned each = asked("EL2SIM_A64_CASES"), group = asked("EL2SIM_A64_PER_CLASS"), rows = 0, differ = 0;
	unsigned rows_of[A64_CLASSES + 1] = {0};
	uint64_t seed = 0x123456789abcdef + asked("EL2SIM_A64_SEED"), total = 0, of_class[A64_CLASSES] = {0};
	struct batch b = {xcalloc(ROUND, sizeof(struct step)), xcalloc(ROUND, sizeof(struct step)), 0};

	probe();
	for (unsigned insn = 1; insn < A64_INSNS; insn++)
		rows_of[class_of(&seed, (enum a64_insn)insn)]++;
	for (unsigned insn = 1; insn < A64_INSNS; insn++) {
		struct a64_op op;
		unsigned done = 0, class = class_of(&seed, (enum a64_insn)insn), cases = each != 0 ? each : CASES;

		if (class == A64_CLASSES)
			continue;
		if (group != 0)
			cases = group / rows_of[class] + 1;
		for (unsigned tries = 0; done < cases && tries < cases * 20; tries++) {
			struct step *s = &b.before[b.n];

			memset(s, 0, sizeof(*s));
			s->insn = word_of(&seed, (enum a64_insn)insn);
			a64_decode(s->insn, feats, &op);
			if (op.insn != insn || excluded(&op) || !prepare(&seed, s, &op) || qemu_differs(&op, s->fpcr))
				continue;
			done++;
			total++;
			of_class[class]++;
			if (++b.n == ROUND)
				differ += compare(&b);
		}
		ck_assert_msg(done > 0, "%s was never executed", a64_insn_name((enum a64_insn)insn));
		rows++;
	}
	if (b.n > 0)
		differ += compare(&b);
	ck_assert_msg(differ == 0, "%u rows differ", differ);
	printf("%u rows, %" PRIu64 " executions\n", rows, total);
	for (unsigned i = 0; i < A64_CLASSES; i++)
		if (rows_of[i] != 0 && of_class[i] != 0)
			printf("%-12s %4u rows %9" PRIu64 " executions\n", a64_class_name((enum a64_class)i), rows_of[i], of_class[i]);
	free(b.before);
	free(b.after);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *t;

	if (EL2SIM_A64_STEP[0] == '\0' || system("qemu-aarch64 --version >/dev/null 2>&1") != 0) {
		puts("skipped: no aarch64-linux-gnu-gcc, or no qemu-aarch64 (packages gcc-aarch64-linux-gnu, qemu-user)");
		return 77;
	}
	s = suite_create("a64_insns");
	t = tcase_create("differential");
	tcase_add_test(t, every_row_of_user_space_does_what_qemu_does);
	suite_add_tcase(s, t);
	return suite_status(s);
}
