// SPDX-License-Identifier: Apache-2.0
/*
 * Floating point, scalar and vector: a function per row of decode.def (Arm ARM, C7.2). A scalar is a vector of one element:
 * size is its width, e the number of elements, kind the rounding.
 */
#include "models/cpu/a64/fp.h"
#include "models/cpu/a64/vec.h"

static inline struct a64_fp env_of(const struct a64 *c)
{
	struct a64_fp e = a64_fp_env(c->reg[A64_R_FPCR]);

	e.ahp = false; /* conversions between widths alone know it */
	return e;
}

static inline void told(struct a64 *c, const struct a64_fp *e)
{
	c->reg[A64_R_FPSR] |= e->flags;
}

static inline uint64_t sign_of(const struct a64_op *op)
{
	return fp_sign(op->size);
}

/* Elements: r from d, a and b. */
#define FP(name, expr)                                                                                                        \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		struct a64_fp env = env_of(c), *e = &env;                                                                          \
		uint64_t r[2] = {0, 0};                                                                                            \
		unsigned size = op->size;                                                                                          \
                                                                                                                                   \
		for (unsigned i = 0; i < op->e; i++) {                                                                             \
			uint64_t d = vec_get(c->v[op->d], size, i), a = vec_get(c->v[op->n], size, i), b = vec_b(c, op, size, i);  \
                                                                                                                                   \
			(void)d;                                                                                                   \
			(void)b;                                                                                                   \
			(void)e;                                                                                                   \
			vec_set(r, size, i, (expr));                                                                               \
		}                                                                                                                  \
		told(c, e);                                                                                                        \
		return vec_put(c, op, r);                                                                                          \
	}
#define NEG(x) ((x) ^ fp_sign(size))
#define ABS(x) ((x) & ~fp_sign(size))

FP(FADD_v, a64_fp_add(e, size, a, b))
FP(FSUB_v, a64_fp_sub(e, size, a, b))
FP(FMUL_v, a64_fp_mul(e, size, a, b))
FP(FNMUL_v, NEG(a64_fp_mul(e, size, a, b)))
FP(FMULX_v, a64_fp_mulx(e, size, a, b))
FP(FDIV_v, a64_fp_div(e, size, a, b))
FP(FSQRT_v, a64_fp_sqrt(e, size, a))
FP(FMLA_v, a64_fp_muladd(e, size, d, a, b))
FP(FMLS_v, a64_fp_muladd(e, size, d, NEG(a), b))
FP(FABD_v, ABS(a64_fp_sub(e, size, a, b)))
FP(FMAX_v, a64_fp_max(e, size, a, b, false))
FP(FMIN_v, a64_fp_min(e, size, a, b, false))
FP(FMAXNM_v, a64_fp_max(e, size, a, b, true))
FP(FMINNM_v, a64_fp_min(e, size, a, b, true))
FP(FRECPS_v, a64_fp_recip_step(e, size, a, b))
FP(FRSQRTS_v, a64_fp_rsqrt_step(e, size, a, b))
FP(FRECPE_v, a64_fp_recip_estimate(e, size, a))
FP(FRSQRTE_v, a64_fp_rsqrt_estimate(e, size, a))
FP(FRECPX_v, a64_fp_recpx(e, size, a))
FP(URECPE_v, a64_fp_urecpe((uint32_t)a))
FP(URSQRTE_v, a64_fp_ursqrte((uint32_t)a))
FP(FMOV_v, a)
FP(FABS_v, ABS(a))
FP(FNEG_v, NEG(a))
FP(FRINT_v, a64_fp_round_int(e, size, a, op->kind, op->aux))
FP(FRINTTS_v, a64_fp_round_width(e, size, a, op->kind, (unsigned)op->imm))
FP(FCVTI_v, a64_fp_to_int(e, size, a, (unsigned)op->imm, 8u << size, !op->aux, op->kind))
FP(CVTF_v, a64_fp_from_int(e, size, a, (unsigned)op->imm, 8u << size, !op->aux))

/* Comparisons to masks. NZCV as a64_fp_compare gives it. */
#define EQ(f)      ((f) == 6 ? UINT64_MAX : 0)
#define GT(f)      ((f) == 2 ? UINT64_MAX : 0)
#define GE(f)      ((f) == 6 || (f) == 2 ? UINT64_MAX : 0)
#define CMP(x, y)  a64_fp_compare(e, size, x, y, true)
static inline uint64_t gt(unsigned f) { return GT(f); }
static inline uint64_t ge(unsigned f) { return GE(f); }
FP(FCMEQ_v, EQ(a64_fp_compare(e, size, a, b, false)))
FP(FCMGE_v, ge(CMP(a, b)))
FP(FCMGT_v, gt(CMP(a, b)))
FP(FACGE_v, ge(CMP(ABS(a), ABS(b))))
FP(FACGT_v, gt(CMP(ABS(a), ABS(b))))
FP(FCMEQ0_v, EQ(a64_fp_compare(e, size, a, 0, false)))
FP(FCMGE0_v, ge(CMP(a, 0)))
FP(FCMGT0_v, gt(CMP(a, 0)))
FP(FCMLE0_v, ge(CMP(0, a)))
FP(FCMLT0_v, gt(CMP(0, a)))

/* Pairs: of both sources, of one, across all. */
typedef uint64_t pair_op(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);

static uint64_t max(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b) { return a64_fp_max(e, size, a, b, false); }
static uint64_t min(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b) { return a64_fp_min(e, size, a, b, false); }
static uint64_t maxnm(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b) { return a64_fp_max(e, size, a, b, true); }
static uint64_t minnm(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b) { return a64_fp_min(e, size, a, b, true); }

static int pairs(struct a64 *c, const struct a64_op *op, pair_op *f)
{
	struct a64_fp e = env_of(c);
	uint64_t r[2] = {0, 0};
	unsigned half = op->e / 2u;

	for (unsigned i = 0; i < op->e; i++) {
		const uint64_t *v = c->v[i < half ? op->n : op->m];
		unsigned at = 2 * (i < half ? i : i - half);

		vec_set(r, op->size, i, f(&e, op->size, vec_get(v, op->size, at), vec_get(v, op->size, at + 1)));
	}
	told(c, &e);
	return vec_put(c, op, r);
}

/* Elements [first, first + n) reduced as a tree, as the Arm ARM has it. */
static uint64_t reduce(struct a64_fp *e, const struct a64 *c, const struct a64_op *op, unsigned first, unsigned n, pair_op *f)
{
	if (n == 1)
		return vec_get(c->v[op->n], op->size, first);
	return f(e, op->size, reduce(e, c, op, first, n / 2, f), reduce(e, c, op, first + n / 2, n / 2, f));
}

static int across(struct a64 *c, const struct a64_op *op, unsigned n, pair_op *f)
{
	struct a64_fp e = env_of(c);
	uint64_t r[2] = {reduce(&e, c, op, 0, n, f), 0};

	told(c, &e);
	return vec_put(c, op, r);
}
EXEC(FADDP_v) { return pairs(c, op, a64_fp_add); }
EXEC(FMAXP_v) { return pairs(c, op, max); }
EXEC(FMINP_v) { return pairs(c, op, min); }
EXEC(FMAXNMP_v) { return pairs(c, op, maxnm); }
EXEC(FMINNMP_v) { return pairs(c, op, minnm); }
EXEC(FADDP_s) { return across(c, op, 2, a64_fp_add); }
EXEC(FMAXP_s) { return across(c, op, 2, max); }
EXEC(FMINP_s) { return across(c, op, 2, min); }
EXEC(FMAXNMP_s) { return across(c, op, 2, maxnm); }
EXEC(FMINNMP_s) { return across(c, op, 2, minnm); }
EXEC(FMAXV) { return across(c, op, op->e, max); }
EXEC(FMINV) { return across(c, op, op->e, min); }
EXEC(FMAXNMV) { return across(c, op, op->e, maxnm); }
EXEC(FMINNMV) { return across(c, op, op->e, minnm); }

/* Three sources, rounded once; which signs: Arm ARM, FMADD and its like. */
static int muladd(struct a64 *c, const struct a64_op *op, bool negate_a, bool negate_addend)
{
	struct a64_fp e = env_of(c);
	uint64_t sign = sign_of(op), addend = vec_get(c->v[op->a], op->size, 0), a = vec_get(c->v[op->n], op->size, 0);
	uint64_t r[2] = {a64_fp_muladd(&e, op->size, negate_addend ? addend ^ sign : addend, negate_a ? a ^ sign : a,
				       vec_get(c->v[op->m], op->size, 0)), 0};

	told(c, &e);
	return vec_put(c, op, r);
}
EXEC(FMADD) { return muladd(c, op, false, false); }
EXEC(FMSUB) { return muladd(c, op, true, false); }
EXEC(FNMADD) { return muladd(c, op, true, true); }
EXEC(FNMSUB) { return muladd(c, op, false, true); }

/* Complex numbers (FEAT_FCMA): pairs of real and imaginary part. */
EXEC(FCMLA_v)
{
	struct a64_fp e = env_of(c);
	uint64_t r[2] = {0, 0}, sign = sign_of(op);
	unsigned size = op->size, rot = op->kind;

	for (unsigned i = 0; i < op->e / 2u; i++) {
		unsigned at = op->u ? op->t : i;
		uint64_t a = vec_get(c->v[op->n], size, 2 * i + (rot & 1)), re = vec_get(c->v[op->m], size, 2 * at + (rot & 1)),
			 im = vec_get(c->v[op->m], size, 2 * at + !(rot & 1));

		re ^= rot == 1 || rot == 2 ? sign : 0;
		im ^= rot >= 2 ? sign : 0;
		vec_set(r, size, 2 * i, a64_fp_muladd(&e, size, vec_get(c->v[op->d], size, 2 * i), a, re));
		vec_set(r, size, 2 * i + 1, a64_fp_muladd(&e, size, vec_get(c->v[op->d], size, 2 * i + 1), a, im));
	}
	told(c, &e);
	return vec_put(c, op, r);
}

EXEC(FCADD_v)
{
	struct a64_fp e = env_of(c);
	uint64_t r[2] = {0, 0}, sign = sign_of(op);
	unsigned size = op->size;

	for (unsigned i = 0; i < op->e; i++) {
		uint64_t b = vec_get(c->v[op->m], size, i ^ 1);

		if ((i & 1) == op->kind)
			b ^= sign;
		vec_set(r, size, i, a64_fp_add(&e, size, vec_get(c->v[op->n], size, i), b));
	}
	told(c, &e);
	return vec_put(c, op, r);
}

/* Between widths: kind is the source's size. */
EXEC(FCVT)
{
	struct a64_fp e = a64_fp_env(c->reg[A64_R_FPCR]);
	uint64_t r[2] = {a64_fp_convert(&e, op->kind, op->size, vec_get(c->v[op->n], op->kind, 0), FP_CURRENT), 0};

	told(c, &e);
	return vec_put(c, op, r);
}

static int narrow(struct a64 *c, const struct a64_op *op, enum fp_round round)
{
	struct a64_fp e = a64_fp_env(c->reg[A64_R_FPCR]);
	unsigned size = op->size, at = op->aux ? 8u >> size : 0;
	uint64_t r[2] = {op->aux ? c->v[op->d][0] : 0, 0};

	for (unsigned i = 0; i < op->e; i++)
		vec_set(r, size, at + i, a64_fp_convert(&e, size + 1, size, vec_get(c->v[op->n], size + 1, i), round));
	told(c, &e);
	return vec_put(c, op, r);
}
EXEC(FCVTN) { return narrow(c, op, FP_CURRENT); }
EXEC(FCVTXN) { return narrow(c, op, FP_ODD); }

EXEC(FCVTL)
{
	struct a64_fp e = a64_fp_env(c->reg[A64_R_FPCR]);
	unsigned size = op->size, at = op->aux ? 8u >> size : 0;
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < op->e; i++)
		vec_set(r, size + 1, i, a64_fp_convert(&e, size, size + 1, vec_get(c->v[op->n], size, at + i), FP_CURRENT));
	told(c, &e);
	return vec_put(c, op, r);
}

/* Flags. */
static int compare(struct a64 *c, const struct a64_op *op, uint64_t b)
{
	struct a64_fp e = env_of(c);

	c->nzcv = a64_fp_compare(&e, op->size, vec_get(c->v[op->n], op->size, 0), b, op->aux);
	told(c, &e);
	return 0;
}
EXEC(FCMP) { return compare(c, op, vec_get(c->v[op->m], op->size, 0)); }
EXEC(FCMP_0) { return compare(c, op, 0); }
EXEC(FCCMP)
{
	if (a64_cond(c->nzcv, op->kind))
		return x_FCMP(c, op);
	c->nzcv = (uint32_t)op->imm;
	return 0;
}

EXEC(FCSEL)
{
	return vec_put(c, op, (const uint64_t[2]){vec_get(c->v[a64_cond(c->nzcv, op->kind) ? op->n : op->m], op->size, 0), 0});
}

EXEC(FMOV_i) { return vec_put(c, op, (const uint64_t[2]){op->imm, 0}); }

/* General registers. */
EXEC(FCVT_g)
{
	struct a64_fp e = env_of(c);

	c->x[op->d] = a64_fp_to_int(&e, op->size, vec_get(c->v[op->n], op->size, 0), (unsigned)op->imm, op->sf ? 64 : 32, !op->aux, op->kind);
	told(c, &e);
	return 0;
}

EXEC(CVTF_g)
{
	struct a64_fp e = env_of(c);
	uint64_t r[2] = {a64_fp_from_int(&e, op->size, c->x[op->n], (unsigned)op->imm, op->sf ? 64 : 32, !op->aux), 0};

	told(c, &e);
	return vec_put(c, op, r);
}

EXEC(FJCVTZS)
{
	struct a64_fp e = env_of(c);
	bool exact;

	c->x[op->d] = a64_fp_to_js(&e, c->v[op->n][0], &exact);
	c->nzcv = exact ? A64_Z : 0;
	told(c, &e);
	return 0;
}

EXEC(FMOV_to_g)
{
	c->x[op->d] = vec_get(c->v[op->n], op->size, 0);
	return 0;
}

EXEC(FMOV_from_g)
{
	uint64_t r[2] = {0, 0};

	vec_set(r, op->size, 0, c->x[op->n]);
	return vec_put(c, op, r);
}

EXEC(FMOV_top_to)
{
	c->x[op->d] = c->v[op->n][1];
	return 0;
}

EXEC(FMOV_top_from)
{
	c->v[op->d][1] = c->x[op->n];
	return 0;
}
