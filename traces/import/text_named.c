/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known output that is no trace, and what to do to get one. */
#include <string.h>

#include "traces/import/text.h"

#define RECORD                                                                                     \
	"record a trace (trace-cmd record -e kvm -e sched_switch, or perf record -a -e 'kvm:*' "   \
	"-e sched:sched_switch)"

static const struct {
	const char *part; /* of a line */
	const char *what;
} known[] = {
	{ "Analyze events for ", "this is the report of perf kvm stat, no trace: import its "
				 "perf.data (perf.data.guest, perf.data.kvm)" },
	{ "VM-EXIT    Samples", "this is the report of perf kvm stat, no trace: import its "
				"perf.data (perf.data.guest, perf.data.kvm)" },
	{ "kvm statistics - summary", "this is kvm_stat's, no trace: " RECORD },
	{ "Performance counter stats for", "this is the report of perf stat, no trace: " RECORD },
	{ "PERF_RECORD_SAMPLE(", "this is perf script -D: import its perf.data, or the text of perf script without -D" },
	{ "linux-perf-json-version", "this is JSON of perf data convert: import its perf.data, or the text of perf script" },
	{ "print fmt: ", "this is the format file of an event, no trace: " RECORD },
	{ "# event histogram", "this is a histogram of tracefs, no trace: " RECORD },
	{ "kvm_entry      kvm_exit", "this is kvm_stat's, no trace: " RECORD },
	{ "https://git-lfs.github.com/spec", "this is a pointer of Git LFS: get the file itself (git lfs pull)" },
	{ "__REALTIME_TIMESTAMP", "this is the journal as records: export it as text (journalctl -k -o short-monotonic)" },
	{ "\"traceEvents\"", "this is JSON of Chrome's trace viewer or Perfetto: " RECORD },
	{ ", KVM_RUN", "this is strace's, no trace of KVM: " RECORD },
	{ "# Overhead ", "this is the report of perf report, no trace: import its perf.data" },
	{ "{ cpu_id = ", "this is text of babeltrace: import the folder of the CTF trace (LTTng) itself" },
	{ "Content-Transfer-Encoding: base64", "a mail whose trace is an attachment in base64: save the attachment (mutt, munpack, "
					       "ripmime) and import that" },
	{ "Content-transfer-encoding: base64", "a mail whose trace is an attachment in base64: save the attachment (mutt, munpack, "
					       "ripmime) and import that" },
	{ "begin-base64 ", "an attachment in base64: unpack it (uudecode) and import that" },
	{ "{\\rtf", "this is RTF of a word processor: save it as plain text" },
	{ "KVM_EXIT_REASON", "this is kvmexit's of bcc, no trace: " RECORD },
	{ "Attaching ", "this is bpftrace's, no trace: " RECORD },
};

const char *text_named(const char *line)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strstr(line, known[i].part) != NULL)
			return known[i].what;
	}
	return NULL;
}
