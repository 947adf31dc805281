/* SPDX-License-Identifier: Apache-2.0 */
/* Executions cut into phases and parts of the host's path, and laid over each other. */
#ifndef EL2SIM_SWITCHCODE_SCENE_CUT_H
#define EL2SIM_SWITCHCODE_SCENE_CUT_H

#include "models/switchcode/scenes.h"

enum { SCENE_BUDGET = 2000000, SCENE_TURNS_MAX = 8 };

/* Functions by which records are cut into phases and parts. */
enum scene_mark { MARK_LOAD = 1, MARK_PUT, MARK_HANDLE, MARK_WFI, MARK_HALT, MARK_SWITCH };

#define SCENE_COND(id) (UINT32_C(1) << SWC_##id##_COND)

struct scene_turn {
	uint8_t leaves, does;
	uint32_t enter, exit;
};

struct scene {
	const char *name;
	uint8_t before, vcpu;
	uint32_t loads, puts;
	struct scene_turn turns[SCENE_TURNS_MAX];
	size_t n;
};

/* One execution that is being cut. always: conditions that hold in all of it. */
struct scene_cutter {
	struct swc *w;
	struct swc_model *m;
	const struct scene *s;
	uint32_t always;
	size_t *index, n;
	bool open;
	enum swc_phase phase;
	uint64_t from;
	uint32_t state;
	size_t turn;
	bool handling; /* handle_exit runs */
	bool pauth;    /* the exit is a use of pointer authentication */
};

/* What was recorded of a scene. always: as above. */
void scene_cut(struct swc *w, struct swc_model *m, const struct scene *s, uint32_t always);
/* All that was recorded is one execution of a part of the host's path. */
void scene_part(struct swc *w, struct swc_model *m, enum swc_phase part, uint32_t state);

/* Parts of the host's path that no vCPU's run passes: executed by themselves. */
void scene_host(struct swc *w, struct swc_model *m);

#endif
