/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/dump.h"

#include <inttypes.h>
#include <string.h>

#include "sim/base/filter.h"
#include "sim/base/str.h"
#include "traces/fmt.h"
#include "traces/native.h"

struct dump {
	struct tr_reader *r;
	dump_ec_fn *ec_name;
	struct str line;
};

static void quote(struct str *b, const char *s)
{
	str_addc(b, '"');
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			str_addf(b, "\\x%02x", c);
		else
			str_addc(b, *s);
	}
	str_addc(b, '"');
}

static void plain_head(struct dump *d)
{
	const struct tr_info *info = tr_info(d->r);
	struct str *b = &d->line;

	str_addf(b, DUMP_HEAD "%d\n# importer: ", DUMP_VERSION);
	quote(b, info->importer);
	str_add(b, "\n# origin: ");
	quote(b, info->origin);
	str_addf(b,
		 "\n# events: %" PRIu64 "\n# skipped_unknown: %" PRIu64
		 "\n# skipped_lines: %" PRIu64 "\n# lost: %" PRIu64 "\n",
		 info->events, info->skipped_unknown, info->skipped_lines, info->lost);
	for (unsigned f = 0; f < NAT_NOTE; f++) {
		size_t before = b->len, value;

		str_addf(b, "# %s: ", nat_fact_key((enum nat_fact)f));
		value = b->len;
		nat_put_fact(b, (enum nat_fact)f, info);
		if (b->len == value)
			b->len = before;
		else
			str_addc(b, '\n');
	}
	for (unsigned i = 0; i < info->n_notes; i++) {
		str_addf(b, "# %s: ", nat_fact_key(NAT_NOTE));
		quote(b, info->notes[i]);
		str_addc(b, '\n');
	}
}

static void plain_field(struct dump *d, const struct tr_event *ev, unsigned i)
{
	enum tr_type type = (enum tr_type)ev->type;
	struct str *b = &d->line;

	str_addf(b, " %s=", tr_field_name(type, i));
	if ((ev->absent >> i & 1) != 0) {
		str_addc(b, '?');
		return;
	}
	switch (tr_field_kind(type, i)) {
	case TRF_DEC:
		str_addf(b, "%" PRIu64, ev->arg[i]);
		break;
	case TRF_SDEC:
		str_addf(b, "%" PRId64, (int64_t)ev->arg[i]);
		break;
	case TRF_HEX:
		str_addf(b, "0x%" PRIx64, ev->arg[i]);
		break;
	case TRF_STR:
		quote(b, tr_string(d->r, (uint32_t)ev->arg[i]));
		break;
	}
}

static void plain_line(struct dump *d, const struct tr_event *ev)
{
	enum tr_type type = (enum tr_type)ev->type;
	struct str *b = &d->line;

	str_addf(b,
		 "%" PRIu64 ".%09" PRIu64 " cpu=%u pid=%" PRId32 " comm=", ev->ts_ns / 1000000000,
		 ev->ts_ns % 1000000000, ev->cpu, ev->pid);
	quote(b, tr_string(d->r, ev->comm));
	str_addf(b, " %s:", tr_type_name(type));
	for (unsigned i = 0; i < tr_field_count(type); i++)
		plain_field(d, ev, i);
	str_addc(b, '\n');
}

static const char *string_text(void *self, uint32_t id)
{
	const struct dump *d = self;

	return tr_string(d->r, id);
}

static const char *value_name(void *self, enum tr_type type, unsigned field, uint64_t value)
{
	const struct dump *d = self;

	if (type != TR_kvm_exit || field != TRA_kvm_exit_esr_ec || d->ec_name == NULL)
		return NULL;
	return d->ec_name(value);
}

static void tracefs_line(struct dump *d, const struct tr_event *ev)
{
	const struct fmt_strings fs = { .text = string_text, .name = value_name, .self = d };
	const char *comm = tr_string(d->r, ev->comm);
	uint64_t us = (ev->ts_ns + 500) / 1000;
	struct str *b = &d->line;

	str_addf(b, "%16s-%-7" PRId32 " [%03u] ..... %5" PRIu64 ".%06" PRIu64 ": %s: ",
		 *comm != '\0' ? comm : "<...>", ev->pid, ev->cpu, us / 1000000, us % 1000000,
		 tr_type_name((enum tr_type)ev->type));
	fmt_write(b, ev, &fs);
	filter_line(b->s);
	str_addc(b, '\n');
}

static void report_line(struct dump *d, const struct tr_event *ev)
{
	const struct fmt_strings fs = { .text = string_text, .name = value_name, .self = d };
	const char *comm = tr_string(d->r, ev->comm);
	struct str name = STR_INIT;

	str_addf(&name, "%s:", tr_type_name((enum tr_type)ev->type));
	str_addf(&d->line, "%16s-%-5" PRId32 " [%03u] %5" PRIu64 ".%09" PRIu64 ": %-21s ",
		 *comm != '\0' ? comm : "<...>", ev->pid, ev->cpu, ev->ts_ns / 1000000000,
		 ev->ts_ns % 1000000000, str_get(&name));
	fmt_write(&d->line, ev, &fs);
	filter_line(d->line.s);
	str_addc(&d->line, '\n');
	str_free(&name);
}

int dump_write(struct tr_reader *r, FILE *f, enum dump_style style, uint64_t limit,
	       dump_ec_fn *ec_name, struct err *e)
{
	struct dump d = { r, ec_name, STR_INIT };
	static void (*const line[DUMP_STYLE_COUNT])(
		struct dump *, const struct tr_event *) = { [DUMP_PLAIN] = plain_line,
							    [DUMP_TRACEFS] = tracefs_line,
							    [DUMP_REPORT] = report_line };
	struct tr_event ev;
	int got = 1;

	if (style == DUMP_PLAIN)
		plain_head(&d);
	else if (style == DUMP_REPORT)
		str_addf(&d.line, "cpus=%u\n", tr_info(r)->cpus);
	else
		str_add(&d.line, "# tracer: nop\n#\n");
	for (uint64_t n = 0; got == 1 && ferror(f) == 0; n++) {
		(void)fwrite(str_get(&d.line), 1, d.line.len, f);
		str_reset(&d.line);
		got = n < limit ? tr_next(r, &ev, e) : 0;
		if (got != 1)
			break;
		line[style](&d, &ev);
	}
	str_free(&d.line);
	return got < 0 ? -1 : 0;
}
