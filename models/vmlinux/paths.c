// SPDX-License-Identifier: Apache-2.0
/* Walks over calls, phase by phase, breadth first. */
#include "models/vmlinux/paths.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"

#define NO_FUNC UINT32_MAX
enum { SPLIT = VML_PHASES }; /* of a root: ENTER and EXIT */
#define VML_PHASE_SPLIT SPLIT

static const struct root {
	uint8_t phase;
	const char *symbol;
} roots[] = {
#define VML_ROOT(phase, symbol) { VML_PHASE_##phase, symbol },
#include "models/vmlinux/roots.def"
};
static const char *const guests[] = {
#define VML_GUEST(symbol) symbol,
#include "models/vmlinux/roots.def"
};
enum { N_ROOTS = sizeof(roots) / sizeof(roots[0]), N_GUESTS = sizeof(guests) / sizeof(guests[0]) };

const char *vml_phase_name(enum vml_phase phase)
{
	static const char *const names[] = {
#define VML_PHASE(id, name, help) name,
#include "models/vmlinux/roots.def"
	};

	return names[phase];
}

const char *vml_phase_help(enum vml_phase phase)
{
	static const char *const helps[] = {
#define VML_PHASE(id, name, help) help,
#include "models/vmlinux/roots.def"
	};

	return helps[phase];
}

/* What is known of each function while paths are looked for. */
struct walk {
	struct vml_kernel *k;
	unsigned depth;         /* at most */
	struct vml_path **path; /* of each function; NULL: not looked at yet */
	uint8_t *root;          /* of each function: 1 + phase of its root, 0: none */
	uint8_t *spine;         /* of each function: 0 not asked, 1 being asked, 2 no, 3 comes to the guest */
	uint8_t *guest;
	uint8_t *stop;
	uint32_t *queue;
	size_t head, tail;
};

static struct vml_path *path_get(struct walk *w, uint32_t f)
{
	if (w->path[f] == NULL) {
		w->path[f] = xcalloc(1, sizeof(*w->path[f]));
		w->path[f]->func = f;
		vml_code_read(w->k->img, &w->k->patches, f, &w->path[f]->code);
	}
	return w->path[f];
}

/* Reached for the first time in the phase: to be walked from. */
static void reached(struct walk *w, uint32_t f, enum vml_phase phase, uint32_t from, uint32_t call, uint32_t depth)
{
	struct vml_path *p = path_get(w, f);

	if (p->phases >> phase & 1)
		return;
	p->phases |= (uint8_t)(1u << phase);
	p->reach[phase] = (struct vml_reach){ from, call, depth };
	w->queue[w->tail++] = f;
}

/* A walk goes no further where another phase begins. */
static bool ends_at(const struct walk *w, uint32_t f, enum vml_phase phase)
{
	unsigned root = w->root[f];

	if (w->stop[f])
		return true;
	if (root == 0 || root == 1u + phase)
		return false;
	return !(root == 1u + SPLIT && (phase == VML_PHASE_ENTER || phase == VML_PHASE_EXIT));
}

static void walk_calls(struct walk *w, uint32_t f, enum vml_phase phase)
{
	const struct vml_path *p = path_get(w, f);

	for (size_t i = 0; i < p->code.n_calls && p->reach[phase].depth < w->depth; i++) {
		long to = vml_func_at(w->k->img, p->code.calls[i].target);

		if (to < 0 || ends_at(w, (uint32_t)to, phase))
			continue;
		if (p->word_phases != NULL && (phase == VML_PHASE_ENTER || phase == VML_PHASE_EXIT) &&
		    !(p->word_phases[p->code.calls[i].word] >> phase & 1))
			continue;
		reached(w, (uint32_t)to, phase, f, (uint32_t)i, p->reach[phase].depth + 1);
	}
}

static void walk_phase(struct walk *w, enum vml_phase phase)
{
	while (w->head < w->tail)
		walk_calls(w, w->queue[w->head++], phase);
	w->head = w->tail = 0;
}

/* Does the function come to the guest by direct calls? */
static bool to_guest(struct walk *w, uint32_t f, unsigned depth)
{
	enum { DEPTH_MAX = 64 };
	const struct vml_path *p;

	if (w->guest[f])
		return true;
	if (w->stop[f])
		return false;
	if (w->spine[f] != 0 || depth > DEPTH_MAX)
		return w->spine[f] == 3;
	w->spine[f] = 1;
	p = path_get(w, f);
	for (size_t i = 0; i < p->code.n_calls && w->spine[f] != 3; i++) {
		long to = p->code.calls[i].table == NULL ? vml_func_at(w->k->img, p->code.calls[i].target) : -1;

		if (to >= 0 && (uint32_t)to != f && to_guest(w, (uint32_t)to, depth + 1))
			w->spine[f] = 3;
	}
	if (w->spine[f] == 1)
		w->spine[f] = 2;
	return w->spine[f] == 3;
}

/* Phases of the words of a function that comes to the guest, then of those that it calls on the way. */
static void split(struct walk *w, uint32_t f)
{
	struct vml_path *p = path_get(w, f);
	uint32_t n = w->k->img->funcs[f].words;
	uint8_t *cut, *before, *after;

	if (p->word_phases != NULL || w->guest[f])
		return;
	cut = xcalloc(n + 1, 1);
	before = xcalloc(n + 1, 1);
	after = xcalloc(n + 1, 1);
	p->word_phases = xcalloc(n + 1, 1);
	for (size_t i = 0; i < p->code.n_calls; i++) {
		long to = p->code.calls[i].table == NULL ? vml_func_at(w->k->img, p->code.calls[i].target) : -1;

		if (to >= 0 && to_guest(w, (uint32_t)to, 0))
			cut[p->code.calls[i].word] = 1;
	}
	vml_code_split(w->k->img, &w->k->patches, f, cut, before, after);
	for (uint32_t i = 0; i < n; i++) /* the way back into the guest, in a loop, is what came before it */
		p->word_phases[i] = (uint8_t)(before[i] ? 1u << VML_PHASE_ENTER : after[i] ? 1u << VML_PHASE_EXIT : 0);
	for (size_t i = 0; i < p->code.n_calls; i++)
		if (cut[p->code.calls[i].word]) {
			long to = vml_func_at(w->k->img, p->code.calls[i].target);

			p->word_phases[p->code.calls[i].word] = 1u << VML_PHASE_ENTER | 1u << VML_PHASE_EXIT;
			if (to >= 0 && (uint32_t)to != f)
				split(w, (uint32_t)to);
		}
	free(cut);
	free(before);
	free(after);
}

static void find_stops(struct walk *w)
{
	static const char *const stops[] = {
#define VML_STOP(pattern, why) pattern,
#include "models/vmlinux/roots.def"
	};

	for (size_t f = 0; f < w->k->img->n_funcs; f++)
		for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]) && !w->stop[f]; i++)
			w->stop[f] = fnmatch(stops[i], w->k->img->funcs[f].name, 0) == 0;
}

static bool find_roots(struct walk *w)
{
	struct vml_image *img = w->k->img;
	bool any = false;

	for (size_t i = 0; i < N_GUESTS; i++) {
		long f = vml_func_named(img, guests[i]);

		if (f >= 0)
			w->guest[f] = 1;
	}
	for (size_t i = 0; i < N_ROOTS; i++) {
		long f = vml_func_named(img, roots[i].symbol);

		if (f < 0)
			continue;
		w->root[f] = (uint8_t)(1 + roots[i].phase);
		any |= roots[i].phase != VML_PHASE_HOST;
	}
	return any;
}

static void walk_all(struct walk *w)
{
	for (size_t i = 0; i < N_ROOTS; i++) {
		long f = roots[i].phase == SPLIT ? vml_func_named(w->k->img, roots[i].symbol) : -1;

		if (f >= 0 && to_guest(w, (uint32_t)f, 0))
			split(w, (uint32_t)f);
	}
	for (unsigned phase = 0; phase < VML_PHASES; phase++) {
		for (size_t i = 0; i < N_ROOTS; i++) {
			bool here = roots[i].phase == phase ||
				    (roots[i].phase == SPLIT && (phase == VML_PHASE_ENTER || phase == VML_PHASE_EXIT));
			long f = here ? vml_func_named(w->k->img, roots[i].symbol) : -1;

			if (f >= 0)
				reached(w, (uint32_t)f, (enum vml_phase)phase, NO_FUNC, 0, 0);
		}
		walk_phase(w, (enum vml_phase)phase);
	}
	/* The guest is entered, not left, there. */
	for (size_t f = 0; f < w->k->img->n_funcs; f++)
		if (w->guest[f] && w->path[f] != NULL)
			w->path[f]->phases &= (uint8_t)~(1u << VML_PHASE_EXIT);
}

static void free_paths(struct vml_kernel *k)
{
	for (size_t i = 0; i < k->n_paths; i++) {
		vml_code_free(&k->paths[i].code);
		free(k->paths[i].word_phases);
	}
	free(k->paths);
	k->paths = NULL;
	k->n_paths = 0;
}

/* From one of each function to the list of those that are passed. */
static void keep(struct walk *w)
{
	struct vml_kernel *k = w->k;
	size_t n = 0;

	for (size_t f = 0; f < k->img->n_funcs; f++)
		n += w->path[f] != NULL && w->path[f]->phases != 0;
	k->paths = xcalloc(n + 1, sizeof(*k->paths));
	for (size_t f = 0; f < k->img->n_funcs; f++) {
		if (w->path[f] == NULL)
			continue;
		if (w->path[f]->phases != 0) {
			k->paths[k->n_paths++] = *w->path[f];
		} else {
			vml_code_free(&w->path[f]->code);
			free(w->path[f]->word_phases);
		}
		free(w->path[f]);
	}
}

int vml_kernel_paths(struct vml_kernel *k, unsigned depth, struct err *e)
{
	size_t n = k->img->n_funcs;
	struct walk w = { .k = k, .depth = depth, .path = xcalloc(n, sizeof(*w.path)), .root = xcalloc(n, 1), .spine = xcalloc(n, 1),
			  .guest = xcalloc(n, 1), .stop = xcalloc(n, 1), .queue = xcalloc(n, sizeof(*w.queue)) };
	int rc = 0;

	free_paths(k);
	if (find_roots(&w)) {
		find_stops(&w);
		walk_all(&w);
		keep(&w);
	} else {
		rc = err_set(e, ERR_INPUT, "%s: no KVM in this kernel: it has none of the functions kvm_arch_vcpu_load, "
			     "kvm_arch_vcpu_ioctl_run, __kvm_vcpu_run (CONFIG_KVM)", k->img->path);
	}
	free(w.path);
	free(w.root);
	free(w.spine);
	free(w.guest);
	free(w.stop);
	free(w.queue);
	return rc;
}

/* Only these entries of vector tables are taken. */
static void mark_vectors(struct vml_image *img)
{
	static const struct {
		const char *symbol;
		uint8_t first, last;
	} tables[] = {
#define VML_VECTORS(symbol, first, last) { symbol, first, last },
#include "models/vmlinux/roots.def"
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		long f = vml_func_named(img, tables[i].symbol);

		if (f >= 0)
			img->funcs[f].vectors = (uint16_t)((2u << tables[i].last) - (1u << tables[i].first));
	}
}

static int know_kernel(struct vml_kernel *k, struct err *e)
{
	if (k->img == NULL)
		return -1;
	mark_vectors(k->img);
	return vml_patches_read(k->img, &k->patches, e);
}

int vml_kernel_open(struct vml_kernel *k, const char *path, struct err *e)
{
	*k = (struct vml_kernel){ .img = vml_open(path, e) };
	return know_kernel(k, e);
}

int vml_kernel_open_bytes(struct vml_kernel *k, const char *path, uint8_t *bytes, size_t n, struct err *e)
{
	*k = (struct vml_kernel){ .img = vml_open_bytes(path, bytes, n, e) };
	return know_kernel(k, e);
}

void vml_kernel_close(struct vml_kernel *k)
{
	free_paths(k);
	vml_patches_free(&k->patches);
	vml_close(k->img);
	*k = (struct vml_kernel){ 0 };
}

const struct vml_path *vml_path_of(const struct vml_kernel *k, size_t func)
{
	size_t lo = 0, hi = k->n_paths;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (k->paths[mid].func < func)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < k->n_paths && k->paths[lo].func == func ? &k->paths[lo] : NULL;
}

uint8_t vml_op_phases(const struct vml_path *path, const struct vml_op *op)
{
	if (path->word_phases == NULL)
		return path->phases;
	/* What is passed in other phases, too, is passed whole there. */
	return (uint8_t)((path->word_phases[op->word] & path->phases) |
			 (path->phases & ~(1u << VML_PHASE_ENTER | 1u << VML_PHASE_EXIT)));
}

void vml_path_chain(const struct vml_kernel *k, const struct vml_path *path, enum vml_phase phase, unsigned most, struct str *text)
{
	enum { CHAIN_MAX = 64 };
	const char *names[CHAIN_MAX];
	unsigned n = 0, skip;

	for (const struct vml_path *p = path; p != NULL && n < CHAIN_MAX; n++) {
		names[n] = k->img->funcs[p->func].name;
		p = p->reach[phase].from == NO_FUNC ? NULL : vml_path_of(k, p->reach[phase].from);
	}
	skip = most != 0 && n > most ? n - most : 0;
	for (unsigned i = n; i-- > 0;) {
		/* The root stays, then the nearest. */
		if (skip != 0 && i + 1 < n && i + 1 >= n - skip) {
			if (i + 1 == n - skip)
				str_add(text, " > ...");
			continue;
		}
		str_addf(text, "%s%s", i + 1 < n ? " > " : "", names[i]);
	}
}
