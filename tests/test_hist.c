/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms: quantiles against the sorted values themselves. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"
#include "sim/base/hist.h"
#include "tests/suite.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t next(uint64_t *s)
{
	*s = *s * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return *s >> 12;
}

/* Checks all quantiles of values[n] (sorted here); the histogram is h. */
static void expect_quantiles(const struct hist *h, uint64_t *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	for (unsigned q = 0; q < HIST_QUANTILE_COUNT; q++) {
		unsigned share = hist_quantile_share((enum hist_quantile)q);
		size_t rank = (n * share + 9999) / 10000;
		uint64_t exact = values[rank - 1], got = hist_quantile(h, share);

		ck_assert_msg(got >= exact && got - exact <= exact / 64,
			      "%s of %zu: %llu, want %llu",
			      hist_quantile_name((enum hist_quantile)q), n, (unsigned long long)got,
			      (unsigned long long)exact);
	}
	ck_assert_uint_eq(h->min, values[0]);
	ck_assert_uint_eq(h->max, values[n - 1]);
}

START_TEST(quantiles_are_those_of_the_sorted_values_to_a_64th)
{
	static const size_t sizes[] = {1, 2, 3, 10, 999, 1000, 1001, 20000};
	struct hist *h = xmalloc(sizeof(*h));
	uint64_t *values = xcalloc(20000, sizeof(*values)), s = 3;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned bits = 1; bits <= 50; bits += 7) {
			memset(h, 0, sizeof(*h));
			for (size_t k = 0; k < sizes[i]; k++) {
				values[k] = next(&s) & ((UINT64_C(1) << bits) - 1);
				hist_add(h, values[k]);
			}
			expect_quantiles(h, values, sizes[i]);
		}
	}
	free(values);
	free(h);
}
END_TEST

START_TEST(each_power_of_two_and_its_neighbours_come_back_to_within_a_64th)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		for (int d = -1; d <= 1; d++) {
			uint64_t v = (UINT64_C(1) << bit) + (uint64_t)(int64_t)d;
			struct hist h = {0};

			hist_add(&h, v);
			hist_add(&h, UINT64_MAX);
			ck_assert_uint_ge(hist_quantile(&h, 5000), v);
			ck_assert_uint_le(hist_quantile(&h, 5000) - v, v / 64);
			ck_assert_uint_eq(hist_quantile(&h, 5000), hist_ceiling(v));
			ck_assert_uint_eq(hist_quantile(&h, 5001), UINT64_MAX);
		}
	}
}
END_TEST

START_TEST(values_below_128_are_exact)
{
	for (uint64_t v = 0; v < 128; v++)
		ck_assert_uint_eq(hist_ceiling(v), v);
	ck_assert_uint_eq(hist_ceiling(128), 129);
}
END_TEST

START_TEST(merging_is_adding_all_values)
{
	struct hist a = {0}, b = {0}, both = {0};
	uint64_t s = 9;

	for (unsigned i = 0; i < 1000; i++) {
		uint64_t v = next(&s) >> (i % 50);

		hist_add(i % 3 != 0 ? &a : &b, v);
		hist_add(&both, v);
	}
	hist_merge(&a, &b);
	hist_merge(&a, &(struct hist){0});
	ck_assert_mem_eq(&a, &both, sizeof(a));
}
END_TEST

START_TEST(an_empty_histogram_says_zero_and_a_full_sum_stays_full)
{
	struct hist h = {0};

	ck_assert_uint_eq(hist_quantile(&h, 5000), 0);
	ck_assert_uint_eq(hist_mean(&h), 0);
	hist_add(&h, UINT64_MAX);
	hist_add(&h, 5);
	ck_assert_uint_eq(h.sum, UINT64_MAX);
	ck_assert_uint_eq(hist_quantile(&h, 0), 5);
	ck_assert_uint_eq(hist_quantile(&h, 20000), UINT64_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hist");
	TCase *tc = tcase_create("hist");

	tcase_add_test(tc, quantiles_are_those_of_the_sorted_values_to_a_64th);
	tcase_add_test(tc, each_power_of_two_and_its_neighbours_come_back_to_within_a_64th);
	tcase_add_test(tc, values_below_128_are_exact);
	tcase_add_test(tc, merging_is_adding_all_values);
	tcase_add_test(tc, an_empty_histogram_says_zero_and_a_full_sum_stays_full);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
