/* SPDX-License-Identifier: Apache-2.0 */
/* What the HTML writer is given at build time (cmake/html.cmake, html/). */
#ifndef EL2SIM_DOCUMENT_REP_HTML_H
#define EL2SIM_DOCUMENT_REP_HTML_H

extern const char html_style[], html_script[], html_d3[], html_d3_licence[];
extern const unsigned long html_style_len, html_script_len, html_d3_len, html_d3_licence_len;

#endif
