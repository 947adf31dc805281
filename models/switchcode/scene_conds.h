/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EL2SIM_SWITCHCODE_SCENE_CONDS_H
#define EL2SIM_SWITCHCODE_SCENE_CONDS_H

#include "models/switchcode/scenes.h"

/*
 * Gives each op of the phase its conditions, from m->run and the ops' `seen`; one whose conditions are no conjunction becomes several
 * ops that exclude each other (m->split), one that nothing known decides is hidden (m->hidden).
 */
void scene_conditions(struct swc_model *m, enum swc_phase phase);

#endif
