/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of a results file; `el2sim query --schema` prints it. A change of a table or view is a new
 * STORE_FORMAT, and store.c says what becomes of older files.
 */
#ifndef EL2SIM_STORE_STORE_SQL_H
#define EL2SIM_STORE_STORE_SQL_H

#define STORE_APPLICATION 0x45324c53 /* "E2LS": application_id of the SQLite file */
#define STORE_FORMAT      1	     /* user_version */

#define STORE_SCHEMA                                                                                  \
	"-- What was asked. Keys: title, config, command, program, program_hash, plan_hash, points, shard,\n" \
	"-- reproduce.\n"                                                                             \
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;\n"              \
	"\n"                                                                                          \
	"-- The axes, from 1; the last moves fastest. kind: option (name is section.key), include, repeat.\n" \
	"-- zip: axes with the same number above 0 move together. origin: file:line or command line.\n" \
	"CREATE TABLE axis (axis INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,\n" \
	"  zip INTEGER NOT NULL, unit TEXT NOT NULL, help TEXT NOT NULL, origin TEXT NOT NULL);\n"     \
	"-- ordinal from 0; label: short and unique in its axis; value: the option's, or the file.\n"  \
	"CREATE TABLE axis_value (axis INTEGER, ordinal INTEGER, label TEXT NOT NULL, value TEXT NOT NULL,\n" \
	"  PRIMARY KEY (axis, ordinal)) WITHOUT ROWID;\n"                                             \
	"\n"                                                                                          \
	"-- Effective options before those of the axes: one config per combination of included files.\n" \
	"CREATE TABLE config_setting (config INTEGER, name TEXT, value TEXT NOT NULL, unit TEXT NOT NULL,\n" \
	"  origin TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (config, name)) WITHOUT ROWID;\n"   \
	"\n"                                                                                          \
	"-- The plan. hash: of effective configuration, input files and program; command: makes this point.\n" \
	"CREATE TABLE point (point INTEGER PRIMARY KEY, hash TEXT NOT NULL, config INTEGER NOT NULL,\n" \
	"  command TEXT NOT NULL);\n"                                                                 \
	"CREATE INDEX point_by_hash ON point (hash);\n"                                               \
	"CREATE TABLE coord (point INTEGER, axis INTEGER, ordinal INTEGER NOT NULL,\n"                \
	"  PRIMARY KEY (point, axis)) WITHOUT ROWID;\n"                                               \
	"\n"                                                                                          \
	"-- What came out, in the order in which it did (result, metric are numbers without a meaning; the\n" \
	"-- views below have none). status: ok, no (exit status 1), failed, crashed, timeout. code: exit\n" \
	"-- status or signal. report: JSON, zstd; report(report) is its text in el2sim query.\n"      \
	"CREATE TABLE result (result INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, status TEXT NOT NULL,\n" \
	"  code INTEGER NOT NULL, error TEXT NOT NULL, report BLOB);\n"                               \
	"CREATE TABLE result_time (result INTEGER PRIMARY KEY, wall_us INTEGER NOT NULL,\n"           \
	"  cpu_us INTEGER NOT NULL, rss_kib INTEGER NOT NULL);\n"                                     \
	"CREATE TABLE metric (metric INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL);\n" \
	"CREATE TABLE metric_value (result INTEGER, metric INTEGER, value NOT NULL,\n"                \
	"  PRIMARY KEY (result, metric)) WITHOUT ROWID;\n"                                            \
	"\n"                                                                                          \
	"-- What to ask. points: one column per axis, made with the file: point, <axis>..., status, error;\n" \
	"-- an axis is of numbers where all its values are.\n" \
	"CREATE VIEW metrics AS SELECT point, name, value, unit FROM point JOIN result USING (hash)\n" \
	"  JOIN metric_value USING (result) JOIN metric USING (metric);\n"                            \
	"CREATE VIEW settings AS SELECT p.point, s.name, coalesce(v.value, s.value) AS value, s.unit,\n" \
	"  coalesce(a.origin, s.origin) AS origin, CASE WHEN a.axis IS NULL THEN s.source ELSE '' END AS source\n" \
	"  FROM point p JOIN config_setting s USING (config)\n"                                       \
	"  LEFT JOIN axis a ON a.name = s.name AND a.kind <> 'include'\n"                             \
	"  LEFT JOIN coord c ON c.axis = a.axis AND c.point = p.point\n"                              \
	"  LEFT JOIN axis_value v ON v.axis = c.axis AND v.ordinal = c.ordinal;\n"                    \
	"CREATE VIEW reports AS SELECT point, report FROM point JOIN result USING (hash)\n"           \
	"  WHERE report IS NOT NULL;\n"                                                               \
	"CREATE VIEW failures AS SELECT point, status, code, error, command FROM point\n"             \
	"  JOIN result USING (hash) WHERE status NOT IN ('ok', 'no');\n"                              \
	"-- The only view that differs from run to run.\n"                                            \
	"CREATE VIEW timings AS SELECT point, wall_us, cpu_us, rss_kib FROM point JOIN result USING (hash)\n" \
	"  JOIN result_time USING (result);\n"

#endif
