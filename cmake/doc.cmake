# SPDX-License-Identifier: Apache-2.0
# doc-api: the library's interface as pages, by Doxygen, into api/html of the build. Nothing else needs it.
set(EL2SIM_API_DIR ${CMAKE_BINARY_DIR}/api)
configure_file(cmake/Doxyfile.in ${CMAKE_BINARY_DIR}/Doxyfile @ONLY)
find_program(DOXYGEN doxygen)
if(DOXYGEN)
  add_custom_target(doc-api COMMAND ${CMAKE_COMMAND} -E make_directory ${EL2SIM_API_DIR} COMMAND ${DOXYGEN} ${CMAKE_BINARY_DIR}/Doxyfile
    COMMENT "${EL2SIM_API_DIR}/html/index.html" VERBATIM)
else()
  add_custom_target(doc-api COMMAND ${CMAKE_COMMAND} -E echo "doc-api: no doxygen: apt-get install doxygen" COMMAND ${CMAKE_COMMAND} -E false VERBATIM)
endif()
