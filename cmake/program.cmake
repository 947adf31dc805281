# SPDX-License-Identifier: Apache-2.0
# rep_program: SHA-256 of what el2sim is compiled from (names and contents of the rooms' files, and the version), so that a
# report says which el2sim made it, the same on every machine. As a script (cmake -P) it writes the file; included, it
# has it made again whenever one of those files changes.
if(CMAKE_SCRIPT_MODE_FILE)
  file(STRINGS ${LIST} sources)
  set(all "${VERSION}\n")
  foreach(source ${sources})
    file(SHA256 ${SOURCE_DIR}/${source} digest)
    string(APPEND all "${source} ${digest}\n")
  endforeach()
  string(SHA256 program "${all}")
  file(WRITE ${OUT} "#include \"sim/document/rep_doc.h\"\nconst char rep_program[] = \"${program}\";\n")
  return()
endif()

file(GLOB_RECURSE program_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} models/*.[ch] models/*.def sim/*.[ch] sim/*.def
  sim/*.proto sim/document/html/* traces/*.[ch] traces/*.def)
list(SORT program_sources)
set(program_list ${CMAKE_BINARY_DIR}/program.list)
string(REPLACE ";" "\n" program_lines "${program_sources}")
file(CONFIGURE OUTPUT ${program_list} CONTENT "${program_lines}\n" @ONLY)
set(program_paths ${program_sources})
list(TRANSFORM program_paths PREPEND ${CMAKE_SOURCE_DIR}/)
set(program_file ${CMAKE_BINARY_DIR}/program.c)
add_custom_command(OUTPUT ${program_file}
  COMMAND ${CMAKE_COMMAND} -DLIST=${program_list} -DSOURCE_DIR=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
    -DOUT=${program_file} -P ${CMAKE_CURRENT_LIST_DIR}/program.cmake
  DEPENDS ${program_paths} ${program_list} ${CMAKE_CURRENT_LIST_DIR}/program.cmake VERBATIM)
target_sources(el2sim_document PRIVATE ${program_file})
