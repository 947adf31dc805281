/* SPDX-License-Identifier: Apache-2.0 */
/* The tables behind trace.h, expanded from events.def. */
#include <inttypes.h>
#include <string.h>

#include "traces/fmt.h"
#include "traces/trace.h"

struct field {
	const char *name;
	enum tr_field_kind kind;
};

/* One array of fields per event, so that the number of fields is the array's. */
#define F(event, field, kind)      { #field, TRF_##kind },
#define EVENT(name, fields, print) static const struct field fields_##name[] = { fields };
#include "traces/events.def"
#undef F

#define EVENT(name, fields, print)                                                                 \
	_Static_assert(sizeof(fields_##name) / sizeof(fields_##name[0]) <= TR_ARG_MAX,             \
		       "too many fields: " #name);
#include "traces/events.def"
_Static_assert(TR_TYPE_COUNT <= UINT8_MAX, "tr_event.type has 8 bits");

static const struct {
	const char *name;
	const struct field *fields;
	unsigned count;
	const char *print;
} events[TR_TYPE_COUNT] = {
#define EVENT(name, fields, print)                                                                 \
	{ #name, fields_##name, sizeof(fields_##name) / sizeof(fields_##name[0]), print },
#include "traces/events.def"
};

const struct tr_fields tr_fields[TR_TYPE_COUNT] = {
#define F(event, field, kind)      | (TRF_##kind == TRF_STR ? 1u << TRA_##event##_##field : 0)
#define EVENT(name, fields, print) { TRA_##name##_COUNT, (uint8_t)(0u fields) },
#include "traces/events.def"
#undef F
};

const char *tr_type_name(enum tr_type type)
{
	BUG_ON(type >= TR_TYPE_COUNT);
	return events[type].name;
}

bool tr_type_by_name(const char *name, enum tr_type *type)
{
	for (unsigned i = 0; i < TR_TYPE_COUNT; i++) {
		if (strcmp(events[i].name, name) == 0) {
			*type = (enum tr_type)i;
			return true;
		}
	}
	return false;
}

static bool usable(enum tr_type type)
{
	return type != TR_print && strncmp(events[type].name, "sched_", 6) != 0;
}

uint64_t tr_usable_events(const struct tr_info *info)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++)
		n += usable((enum tr_type)t) ? info->per_type[t] : 0;
	return n;
}

int tr_check_usable(const struct tr_info *info, struct err *e)
{
	if (tr_usable_events(info) != 0)
		return 0;
	return err_set(e, ERR_INPUT,
		       "no usable event in this trace: %" PRIu64 " of the scheduler and markers, none of KVM: record kvm's events "
		       "too (trace-cmd record -e kvm -e sched_switch -e sched_waking)",
		       info->events);
}

bool tr_alias(const char *name, size_t n, enum tr_type *type)
{
	static const struct {
		const char *name;
		enum tr_type type;
	} aliases[] = {
#define ALIAS(name, event) { #name, TR_##event },
#include "traces/aliases.def"
	};

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strlen(aliases[i].name) == n && memcmp(aliases[i].name, name, n) == 0) {
			*type = aliases[i].type;
			return true;
		}
	}
	return false;
}

const char *tr_field_name(enum tr_type type, unsigned i)
{
	BUG_ON(type >= TR_TYPE_COUNT || i >= events[type].count);
	return events[type].fields[i].name;
}

enum tr_field_kind tr_field_kind(enum tr_type type, unsigned i)
{
	BUG_ON(type >= TR_TYPE_COUNT || i >= events[type].count);
	return events[type].fields[i].kind;
}

const char *tr_print_forms(enum tr_type type)
{
	BUG_ON(type >= TR_TYPE_COUNT);
	return events[type].print;
}
