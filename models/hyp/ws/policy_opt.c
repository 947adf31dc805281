/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/policy_opt.h"

#include <stddef.h>
#include <string.h>

#include "models/hyp/ws/ws_patch.h"
#include "models/hyp/ws/ws_policy.h"

static const char *const model_names[] = {
#define MODEL(id, name, ...) name,
#include "models/hyp/kvm/models.def"
	NULL
};

static const char *const vcpu_names[] = {
#define VCOND(id, key, help) key,
#include "models/hyp/kvm/conds.def"
	NULL
};

static const uint64_t vcpu_bits[] = {
#define VCOND(id, key, help) CND(id),
#include "models/hyp/kvm/conds.def"
};

static const char *const sgi_names[] = { "any", "others", "self", NULL };
static const char *const fp_names[] = { "never", "each-load", NULL };

#define MEMBER(m) offsetof(struct switch_options, m)

static const struct opt_row fixed[] = {
	{ "switch", "model", OPT_NAMED, MEMBER(model), "linux-6.12-vhe", 0, 0, "", model_names,
	  "switch model: kernel version and mode, or the file of an imported kernel (el2sim kernel import)" },
	{ "vcpu", "features", OPT_FLAGS, MEMBER(vcpu), "none", 0, 0, "", vcpu_names,
	  "features the VMM gave the vCPU (KVM_ARM_VCPU_INIT)" },
	{ "run", "title", OPT_STR, MEMBER(title), "", 0, 0, "", NULL,
	  "short name for the column of a comparison; the file's name if not given" },
	{ "run", "trace", OPT_PATH, MEMBER(trace), "", 0, 0, "", NULL,
	  "native trace to replay; the option --trace wins" },
	{ "run", "counting", OPT_BOOL, MEMBER(counting), "yes", 0, 0, "", NULL,
	  "add precomputed totals instead of executing op by op; the results are the same" },
	{ "run", "from_marker", OPT_STR, MEMBER(from_marker), "", 0, 0, "", NULL,
	  "count from this text in trace_marker on (event print); empty: from the beginning" },
	{ "run", "to_marker", OPT_STR, MEMBER(to_marker), "", 0, 0, "", NULL,
	  "stop at this text in trace_marker; empty: at the end" },
	{ "run", "sgi_target", OPT_ENUM, MEMBER(sgi_target), "any", 0, 0, "", sgi_names,
	  "where an SGI goes that neither woke nor interrupted a vCPU: in turn to the sender and the vCPUs that were not "
	  "running, or only to these, or only to the sender" },
	{ "run", "fp_use", OPT_ENUM, MEMBER(fp_use), "never", 0, 0, "", fp_names,
	  "when guests use FP/SIMD, which no trace event shows: never, or once after each vcpu_load" },
};

#define N_FIXED (sizeof(fixed) / sizeof(fixed[0]))

struct opt_row *switch_opt_rows(size_t *n)
{
	struct opt_row *rows = xcalloc(N_FIXED + GRP_COUNT + SR_COUNT, sizeof(*rows));
	size_t k = N_FIXED;

	memcpy(rows, fixed, sizeof(fixed));
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		rows[k++] = (struct opt_row){ "policy", group_name((enum sr_group)g), OPT_ENUM,
					      MEMBER(group) + g * sizeof(int), "model", 0, 0, "",
					      ws_policy_names, group_help((enum sr_group)g) };
	}
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		if (!ws_policy_applies((enum sysreg)r))
			continue;
		rows[k++] = (struct opt_row){ "policy", sysreg_name((enum sysreg)r), OPT_ENUM,
					      MEMBER(reg) + r * sizeof(int), "model", 0, 0, "",
					      ws_policy_names, "this register alone; wins over its group" };
	}
	*n = k;
	return rows;
}

void switch_config(const struct switch_options *o, const struct machine *m, struct ws_config *c)
{
	ws_config_init(c);
	c->model = o->own != NULL ? o->own : ws_model_by_name(o->model);
	c->machine = m;
	for (size_t i = 0; i < sizeof(vcpu_bits) / sizeof(vcpu_bits[0]); i++) {
		if ((o->vcpu >> i & 1) != 0)
			c->vcpu |= vcpu_bits[i];
	}
	for (unsigned g = 0; g < GRP_COUNT; g++)
		c->group_policy[g] = (uint8_t)o->group[g];
	for (unsigned r = 0; r < SR_COUNT; r++)
		c->reg_policy[r] = (uint8_t)o->reg[r];
	c->patch = o->patch;
	if (o->patch != NULL)
		ws_patch_policies(o->patch, c);
}

void switch_add_vcpu(struct switch_options *o, uint64_t features)
{
	for (size_t i = 0; i < sizeof(vcpu_bits) / sizeof(vcpu_bits[0]); i++) {
		if ((features & vcpu_bits[i]) != 0)
			o->vcpu |= UINT64_C(1) << i;
	}
}
