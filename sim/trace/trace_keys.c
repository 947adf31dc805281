/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of `el2sim trace stat --by`: their names, and a row's name from its value. */
#include <inttypes.h>
#include <string.h>

#include "models/cpu/ec.h"
#include "models/cpu/sysreg.h"
#include "sim/trace/trace_tally_impl.h"
#include "traces/fmt.h"

static const struct {
	const char *name, *heading, *help;
} rows[KEY_COUNT] = {
#define TRACE_KEY(id, name, heading, help) { name, heading, help },
#include "sim/trace/trace_keys.def"
};

const char *trace_key_name(enum trace_key k)
{
	return rows[k].name;
}

const char *trace_key_heading(enum trace_key k)
{
	return rows[k].heading;
}

static bool key_by_name(const char *name, enum trace_key *k)
{
	for (unsigned i = 0; i < KEY_COUNT; i++) {
		if (strcmp(name, rows[i].name) == 0) {
			*k = (enum trace_key)i;
			return true;
		}
	}
	return false;
}

unsigned trace_keys_parse(const char *text, enum trace_key key[static 2], struct err *e)
{
	struct str all = STR_INIT;
	char *copy = xstrdup(text), *list = copy, *name;
	unsigned n = 0;
	bool good;

	while (n < 2 && (name = str_item(&list, ",")) != NULL && key_by_name(name, &key[n]) && (n == 0 || key[0] != key[1]))
		n++;
	good = name == NULL || (n == 2 && list == NULL);
	free(copy);
	if (good)
		return n;
	for (unsigned i = 0; i < KEY_COUNT; i++)
		str_addf(&all, "%s%s", i != 0 ? ", " : "", rows[i].name);
	(void)err_set(e, ERR_USAGE, "--by %s: want one or two different ones of %s, with a comma between", text,
		      str_get(&all));
	str_free(&all);
	return 0;
}

/* ---- values ---- */

#define REASON_RET (UINT64_C(1) << 32)
#define REASON_EC  (UINT64_C(2) << 32)

static uint64_t reason_value(const struct seen_exit *x)
{
	if (!x->no_ret && x->ret != EXIT_RET_TRAP)
		return REASON_RET | (uint32_t)x->ret;
	return x->no_ec ? 0 : REASON_EC | (uint32_t)x->ec;
}

static uint64_t register_value(const struct seen_exit *x)
{
	uint64_t v = 1;

	if (!x->sysreg)
		return TALLY_NOTHING;
	for (unsigned i = 0; i < 5; i++)
		v = v << 8 | (x->op[i] & 0xff);
	return v;
}

uint64_t trace_key_value(enum trace_key k, const struct tally_at *at)
{
	const uint64_t thread = (uint64_t)at->comm << 32 | (uint32_t)at->pid;

	switch (k) {
	case KEY_VCPU:
		return at->irq != NULL ? (uint64_t)at->comm << 32 | at->irq->vcpu : thread;
	case KEY_TASK:
		return thread;
	case KEY_VM:
		return at->comm;
	case KEY_PCPU:
		return at->cpu;
	case KEY_IRQ:
		return at->irq != NULL ? at->irq->number : TALLY_NOTHING;
	default:
		break;
	}
	if (at->exit == NULL)
		return TALLY_NOTHING;
	switch (k) {
	case KEY_REASON:
		return reason_value(at->exit);
	case KEY_KIND:
		return seen_kind(at->exit);
	case KEY_REGISTER:
		return register_value(at->exit);
	default:
		return at->pc;
	}
}

/* ---- names ---- */

static void reason_name(struct str *b, uint64_t v)
{
	const struct ec *row = (v & UINT32_MAX) <= 63 ? ec_by_number((unsigned)(v & UINT32_MAX)) : NULL;

	if ((v & REASON_RET) != 0)
		fmt_word(b, TR_kvm_exit, TRA_kvm_exit_ret, v & UINT32_MAX);
	else if ((v & REASON_EC) == 0)
		str_add(b, "(not recorded)");
	else if (row != NULL)
		str_add(b, row->name);
	else
		str_addf(b, "0x%" PRIx64, v & UINT32_MAX);
}

static void register_name(struct str *b, uint64_t v)
{
	unsigned op[5];
	enum sysreg reg;

	for (unsigned i = 0; i < 5; i++)
		op[i] = (unsigned)(v >> (32 - 8 * i) & 0xff);
	reg = sysreg_by_encoding(op[0], op[1], op[2], op[3], op[4]);
	if (reg != SR_NONE)
		str_add(b, sysreg_name(reg));
	else
		str_addf(b, "S%u_%u_C%u_C%u_%u", op[0], op[1], op[2], op[3], op[4]);
}

char *trace_key_text(enum trace_key k, uint64_t v, const struct tr_reader *trace, bool irq)
{
	const char *comm = tr_string(trace, (uint32_t)(v >> 32));
	struct str b = STR_INIT;
	char *text;

	if (v == TALLY_NOTHING) {
		str_add(&b, k == KEY_REGISTER && !irq ? "(no register)" : "(no exit)");
	} else {
		switch (k) {
		case KEY_REASON:
			reason_name(&b, v);
			break;
		case KEY_VCPU:
			if (irq && (uint32_t)v == UINT32_MAX)
				str_addf(&b, "%s (any)", comm);
			else
				str_addf(&b, irq ? "%s vCPU %" PRId32 : "%s-%" PRId32, comm, (int32_t)(uint32_t)v);
			break;
		case KEY_TASK:
			str_addf(&b, "%s-%" PRId32, comm, (int32_t)(uint32_t)v);
			break;
		case KEY_VM:
			str_add(&b, tr_string(trace, (uint32_t)v));
			break;
		case KEY_KIND:
			str_add(&b, exit_row((enum exit_kind)v)->name);
			break;
		case KEY_REGISTER:
			register_name(&b, v);
			break;
		case KEY_PC:
			str_addf(&b, "0x%" PRIx64, v);
			break;
		default:
			str_addf(&b, "%" PRIu64, v);
		}
	}
	text = xstrdup(str_get(&b));
	str_free(&b);
	return text;
}
