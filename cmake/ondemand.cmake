# SPDX-License-Identifier: Apache-2.0
# sim/cmd/ondemand: the program loads others' libraries at the first call. Its functions stand in for theirs, so the linker
# leaves the libraries out (--as-needed); each one's SONAME is looked up here. Not under a sanitizer, nor where the headers of
# a library declare something else: then they are linked as everywhere.
option(EL2SIM_ONDEMAND "The program loads most libraries when it first needs them" ON)
set(ondemand_sonames "")
if(NOT EL2SIM_ONDEMAND OR EL2SIM_SANITIZE OR EL2SIM_TSAN OR EL2SIM_COVERAGE OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  return()
endif()
set(ondemand_targets PkgConfig::TRACECMD PkgConfig::SECCOMP PkgConfig::ARCHIVE PkgConfig::ZLIB PkgConfig::ZSTD PkgConfig::ELF
  PkgConfig::JANSSON PkgConfig::SQLITE PkgConfig::NLOPT PkgConfig::PROTOBUF_C PkgConfig::CAIRO)
set(ondemand_files ${TRACECMD_LINK_LIBRARIES} ${SECCOMP_LINK_LIBRARIES} ${ARCHIVE_LINK_LIBRARIES} ${ZLIB_LINK_LIBRARIES}
  ${ZSTD_LINK_LIBRARIES} ${ELF_LINK_LIBRARIES} ${FDT} ${JANSSON_LINK_LIBRARIES} ${SQLITE_LINK_LIBRARIES} ${NLOPT_LINK_LIBRARIES}
  ${PROTOBUF_C_LINK_LIBRARIES} ${CAIRO_LINK_LIBRARIES})
set(ondemand_definitions _GNU_SOURCE)
if(BABELTRACE_FOUND)
  list(APPEND ondemand_targets PkgConfig::BABELTRACE)
  list(APPEND ondemand_files ${BABELTRACE_LINK_LIBRARIES})
  list(APPEND ondemand_definitions EL2SIM_BABELTRACE)
endif()
list(REMOVE_DUPLICATES ondemand_files)
foreach(file ${ondemand_files})
  execute_process(COMMAND ${CMAKE_READELF} -dW ${file} OUTPUT_VARIABLE dynamic ERROR_QUIET)
  if(NOT file MATCHES "libtracefs" AND file MATCHES "/lib([^/]+)\\.so$")
    string(REPLACE "-" "_" name "${CMAKE_MATCH_1}")
    if(dynamic MATCHES "SONAME[^[]*\\[([^]]+)\\]")
      list(APPEND ondemand_sonames ${CMAKE_MATCH_1})
      list(APPEND ondemand_definitions "EL2SIM_SO_${name}=\"${CMAKE_MATCH_1}\"")
    endif()
  endif()
endforeach()

list(TRANSFORM ondemand_definitions REPLACE "=.*" "=0" OUTPUT_VARIABLE ondemand_flags) # no quotes in a trial
list(TRANSFORM ondemand_flags PREPEND -D)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
try_compile(EL2SIM_ONDEMAND_FITS ${CMAKE_BINARY_DIR}/ondemand ${CMAKE_SOURCE_DIR}/sim/cmd/ondemand/ondemand.c
  CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${CMAKE_SOURCE_DIR}
  COMPILE_DEFINITIONS ${ondemand_flags}
  LINK_LIBRARIES ${ondemand_targets}
  C_STANDARD 17 C_STANDARD_REQUIRED ON OUTPUT_VARIABLE ondemand_said)
unset(CMAKE_TRY_COMPILE_TARGET_TYPE)
if(NOT EL2SIM_ONDEMAND_FITS)
  message(STATUS "sim/cmd/ondemand does not fit the headers of these libraries: the program is linked with them, and starts slower (ondemand.log)")
  file(WRITE ${CMAKE_BINARY_DIR}/ondemand.log "${ondemand_said}")
  return()
endif()
target_sources(el2sim PRIVATE sim/cmd/ondemand/ondemand.c)
set_source_files_properties(sim/cmd/ondemand/ondemand.c PROPERTIES COMPILE_DEFINITIONS "${ondemand_definitions}")
target_link_libraries(el2sim PRIVATE ${CMAKE_DL_LIBS})
target_link_options(el2sim PRIVATE LINKER:--as-needed)

# dpkg-shlibdeps sees only what is linked: the packages of the others are named. One command of many draws: that one only is recommended.
set(EL2SIM_ONDEMAND_PACKAGES "")
set(EL2SIM_ONDEMAND_RECOMMENDED "")
find_program(DPKG_QUERY dpkg-query)
foreach(file ${ondemand_sonames})
  if(DPKG_QUERY)
    execute_process(COMMAND ${DPKG_QUERY} -S "*/${file}" OUTPUT_VARIABLE owner ERROR_QUIET)
    if(owner MATCHES "^([a-z0-9.+-]+)[:,]")
      set(package ${CMAKE_MATCH_1})
      if(file MATCHES "^libcairo")
        list(APPEND EL2SIM_ONDEMAND_RECOMMENDED ${package})
      else()
        list(APPEND EL2SIM_ONDEMAND_PACKAGES ${package})
      endif()
    endif()
  endif()
endforeach()
list(REMOVE_DUPLICATES EL2SIM_ONDEMAND_PACKAGES)
