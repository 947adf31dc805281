/* SPDX-License-Identifier: Apache-2.0 */
/* Many lines of a text at once. What is not certain here is left to the readers of single lines (text.c and its dialects). */
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "traces/import/text_impl.h"

_Static_assert(FMT_QUICK_SLACK <= LINES_SLACK, "fmt_quick reads behind a line");

#define NAME_COLUMN 16 /* the width of tasks' names */

/* Text that nothing changes: no line is cleaned, stripped or refused before its dialect sees it. */
static bool may_run(const struct text *t)
{
	return t->scan.column != NULL && t->started && (t->dialect == text_ftrace || t->dialect == text_perf) &&
	       t->clock == TEXT_SECONDS && !t->html && !t->mime && t->soft.len == 0 && !t->forced && !t->beside && !t->always &&
	       t->suffix == '\0' && t->arch[0] == '\0' && t->im->lines.end == '\n';
}

#ifdef __SSE2__
/* A bit for each of the sixteen bytes at p that is below least or beyond ASCII, or is also. */
static inline unsigned odd_bytes(const char *p, char least, char also)
{
	const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
	const __m128i below = _mm_cmplt_epi8(x, _mm_set1_epi8(least));

	return (unsigned)_mm_movemask_epi8(also < least ? below : _mm_or_si128(below, _mm_cmpeq_epi8(x, _mm_set1_epi8(also))));
}
#endif

/* The first byte from p on that is below least or beyond ASCII, or is also; or stop. */
static inline const char *odd_byte(const char *p, const char *stop, char least, char also)
{
#ifdef __SSE2__
	for (; stop - p >= 16; p += 16) {
		const unsigned odd = odd_bytes(p, least, also);

		if (odd != 0)
			return p + __builtin_ctz(odd);
	}
#endif
	while (p < stop && (signed char)*p >= least && *p != also)
		p++;
	return p;
}

/* The newline of a whole line at s without odd bytes; *end is behind its last byte. NULL: there is none. */
static const char *line_end(const char *s, const char *stop, const char **end)
{
	const char *p = odd_byte(s, stop, ' ', '\n');

	if (p == stop || p == s)
		return NULL;
	*end = p;
	p += *p == '\r' && stop - p > 1;
	if (*p != '\n' || (*end)[-1] == ' ' || (*end)[-1] == '`' || p - s > (ptrdiff_t)LINE_MAX_BYTES)
		return NULL;
	return p;
}

/* A column of a task's name, filled up on the left; false when more than a name may be in it. */
static inline bool take_name(const struct text_scan *x, const char *s, uint32_t *comm)
{
	uint64_t words[2];
	struct text_column *c;
	const char *name = s;

	memcpy(words, s, sizeof(words));
	words[0] = (words[0] ^ words[1] << 7) * UINT64_C(0x9e3779b97f4a7c15) ^ words[1] * UINT64_C(0xc2b2ae3d27d4eb4f);
	c = &x->column[words[0] >> 40 & (TEXT_COLUMNS - 1)];
	if (!c->known || memcmp(c->bytes, s, NAME_COLUMN) != 0) {
		size_t n = NAME_COLUMN;

		for (; n > 0 && *name == ' '; n--)
			name++;
		if (n == NAME_COLUMN || *name == '#' || memchr(name, '[', n) != NULL)
			return false;
		if (!x->perf && n == 5 && memcmp(name, "<...>", n) == 0)
			n = 0;
		memcpy(c->bytes, s, NAME_COLUMN);
		c->comm = n != 0 ? x->fs.intern(x->fs.self, name, n) : 0;
		c->known = true;
	}
	*comm = c->comm;
	return true;
}

static inline const char *blanks(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At most `most` digits, and a byte behind them; NULL when there are none, or more. */
static inline const char *digits(const char *s, unsigned most, uint64_t *v)
{
	const char *p = s;

	for (*v = 0; is_digit(*p); p++)
		*v = *v * 10 + (uint64_t)(*p - '0');
	return p != s && p - s <= (ptrdiff_t)most ? p : NULL;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The value of six digits at s, where eight bytes can be read; false: there are other bytes. Pairs of digits first, then all of them. */
static inline bool six_digits(const char *s, unsigned *v)
{
	const uint64_t ones = UINT64_C(0x0000010101010101);
	uint64_t x;

	memcpy(&x, s, sizeof(x));
	x = (x ^ ones * '0') & ones * 0xff; /* a digit is at most 9 now */
	if (((x | (x + ones * 6)) & ones * 0xf0) != 0)
		return false;
	x = x * 10 + (x >> 8); /* of each pair, in its first byte */
	*v = (unsigned)((x & 0xff) * 10000 + (x >> 16 & 0xff) * 100 + (x >> 32 & 0xff));
	return true;
}
#else
static inline bool six_digits(const char *s, unsigned *v)
{
	bool good = true;

	*v = 0;
	for (unsigned n = 0; n < 6; n++) {
		good &= is_digit(s[n]);
		*v = *v * 10 + (unsigned)(s[n] - '0');
	}
	return good;
}
#endif

/* text_time for microseconds, which most texts have. */
static inline bool get_time(const char **at, uint64_t *ns)
{
	const char *p = *at;
	uint64_t sec = 0;
	unsigned frac;

	for (; is_digit(*p); p++)
		sec = sec * 10 + (uint64_t)(*p - '0');
	if (*p != '.' || p == *at)
		return false;
	if (p - *at > 10)
		return false;
	p++;
	if (!six_digits(p, &frac) || p[6] != ':')
		return text_time(at, ns);
	*ns = sec * 1000000000 + (uint64_t)frac * 1000;
	*at = p + 7;
	return true;
}

/* What the flags of a line may be. */
#define LETTER_ROW 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
static const uint8_t is_flag[256] = { ['.'] = 1, ['#'] = 1, ['*'] = 1, ['0'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
				      ['A'] = LETTER_ROW, ['a'] = LETTER_ROW };

/* "1234 [003] " behind the name's column. */
static inline const char *pid_and_cpu(const char *s, struct tr_event *ev)
{
	uint64_t pid, cpu;

	s = digits(s, 10, &pid);
	if (s == NULL || pid > INT32_MAX || *(s = blanks(s)) != '[' || (s = digits(s + 1, 9, &cpu)) == NULL || *s != ']' ||
	    cpu >= TR_CPU_MAX)
		return NULL;
	ev->pid = (int32_t)pid;
	ev->cpu = (uint16_t)cpu;
	return blanks(s + 1);
}

/* "d..2. 12.345678: event: ", or without the flags; *name is the event's. */
static inline const char *ftrace_rest(const char *s, const char *end, struct tr_event *ev, const char **name, size_t *n)
{
	const char *p = s;

	if (!is_digit(*p) || !get_time(&p, &ev->ts_ns)) {
		while (is_flag[(unsigned char)*p] != 0)
			p++;
		if (p - s < 4 || p - s > 8 || *p != ' ')
			return NULL;
		p = blanks(p);
		if (!get_time(&p, &ev->ts_ns))
			return NULL;
	}
	*name = blanks(p);
	p = odd_byte(*name, end, '!', ':');
	*n = (size_t)(p - *name);
	return *p == ':' ? blanks(p + 1) : NULL;
}

/* "12.345678: kvm:kvm_exit: ", with a period before the name or no system. */
static inline const char *perf_rest(const char *s, const char *end, struct tr_event *ev, const char **name, size_t *n)
{
	uint64_t period;
	const char *p;

	if (!get_time(&s, &ev->ts_ns))
		return NULL;
	s = blanks(s);
	p = digits(s, 18, &period);
	s = p != NULL && *p == ' ' ? blanks(p) : s;
	p = odd_byte(s, end, '!', ':');
	if (*p == ':' && p[1] > ' ') {
		s = p + 1;
		p = odd_byte(s, end, '!', ':');
	}
	*name = s;
	*n = (size_t)(p - s);
	return p[0] == ':' && p[1] == ' ' ? blanks(p + 1) : NULL; /* without arguments it may lack them */
}

void text_take(const struct text_scan *x, const char *s, const char *stop, struct text_taken *k)
{
	struct tr_event *ev = &k->ev;
	const char *end, *p, *name, *newline = line_end(s, stop, &end);
	enum tr_type type = TR_TYPE_COUNT;
	size_t n;

	k->seen = TEXT_NOTHING;
	if (newline == NULL || end - s < 32 || *s != ' ' || (x->perf ? s[NAME_COLUMN] != ' ' || s[NAME_COLUMN - 1] == ' ' : s[NAME_COLUMN] != '-') ||
	    !take_name(x, s, &ev->comm))
		return;
	p = pid_and_cpu(x->perf ? blanks(s + NAME_COLUMN) : s + NAME_COLUMN + 1, ev);
	p = p == NULL ? NULL : x->perf ? perf_rest(p, end, ev, &name, &n) : ftrace_rest(p, end, ev, &name, &n);
	if (p == NULL)
		return;
	if (!tr_names_find(x->names, name, n, &type, &k->alias)) {
		k->seen = n > 1 ? TEXT_HEAD : TEXT_NOTHING;
		return;
	}
	k->next = newline + 1;
	ev->type = (uint8_t)type;
	k->seen = fmt_quick(ev, p, end, &x->fs) ? TEXT_WHOLE : TEXT_HEAD;
}

/* The run begins: what the lines before have left is done. False: it leaves more than this can do. */
static bool begin(struct text *t, struct err *e, int *rc)
{
	*rc = text_flush(t, e);
	t->host = t->host || *rc == 0;
	return *rc == 0 && t->head_line == 0 && t->prose.n == 0 && !t->cut;
}

/* The line at s, read here or ahead. */
static const struct text_taken *line_at(struct text *t, const char *s, const char *stop, struct text_taken *here)
{
	if (t->ahead != NULL)
		return text_ahead_line(t->ahead, t->scan.perf, s, stop, t->im->lines.bytes);
	text_take(&t->scan, s, stop, here);
	return here;
}

int text_run(struct text *t, struct err *e)
{
	const char *s, *at, *stop;
	unsigned long line = t->im->lines.line, n = 0;
	uint32_t stream = streams_current(&t->streams);
	const struct text_taken *now, *next;
	struct text_taken have[2];
	unsigned k = 0;
	int rc = 0;

	if (!may_run(t))
		return 0;
	t->scan.perf = t->dialect == text_perf;
	stop = lines_seen(&t->im->lines, &s);
	at = s;
	now = line_at(t, at, stop, &have[k]);
	for (; rc == 0 && now->seen == TEXT_WHOLE; now = next) {
		k ^= 1;
		next = line_at(t, now->next, stop, &have[k]);
		if (next->seen == TEXT_NOTHING || (n == 0 && !begin(t, e, &rc)))
			break;
		n++;
		rc = text_hand_over(t, &now->ev, line + n, stream, now->alias, e);
		at = now->next;
	}
	lines_took(&t->im->lines, (size_t)(at - s), n);
	t->im->res->at_once += n;
	return rc;
}
