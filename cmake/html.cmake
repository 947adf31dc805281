# SPDX-License-Identifier: Apache-2.0
# What the HTML report carries with it: style, script, and the parts of d3 it draws with (Debian's node-d3-*
# packages, or a node_modules folder of npm: -DEL2SIM_D3_DIR=DIR).
set(EL2SIM_D3_DIR /usr/share/nodejs CACHE PATH "Folder with d3-scale/dist/d3-scale.min.js and its like")
set(d3 "")
foreach(part array collection color format interpolate time time-format scale path shape selection axis)
  set(file ${EL2SIM_D3_DIR}/d3-${part}/dist/d3-${part}.min.js)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "no ${file}: apt-get install node-d3-scale node-d3-shape node-d3-axis node-d3-selection, or "
      "set -DEL2SIM_D3_DIR to a folder that has it")
  endif()
  list(APPEND d3 ${file})
endforeach()

add_executable(el2sim_embed cmake/embed.c)
target_link_libraries(el2sim_embed PRIVATE el2sim_flags)
function(el2sim_embed_files name)
  set(out ${CMAKE_BINARY_DIR}/html/${name}.c)
  add_custom_command(OUTPUT ${out} COMMAND el2sim_embed ${name} ${ARGN} > ${out} DEPENDS el2sim_embed ${ARGN} VERBATIM)
  target_sources(el2sim_document PRIVATE ${out})
endfunction()
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/html)
set(html ${CMAKE_SOURCE_DIR}/sim/document/html)
el2sim_embed_files(html_style ${html}/report.css)
el2sim_embed_files(html_script ${html}/table.js ${html}/chart.js ${html}/page.js)
el2sim_embed_files(html_d3 ${d3})
el2sim_embed_files(html_d3_licence ${html}/d3-licence.txt)
