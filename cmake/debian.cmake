# SPDX-License-Identifier: Apache-2.0
# Run by CPack when a component's files lie in CPACK_TEMPORARY_DIRECTORY/COMPONENT: CHANGELOG.md becomes Debian's changelog
# (one entry per "## VERSION, DATE"), the licence its copyright, manuals are compressed. Times are those of the
# sources' release: the same tree gives the same bytes.
file(STRINGS ${CPACK_EL2SIM_SOURCE}/CHANGELOG.md lines)
set(changelog "")
set(sign "")
foreach(line IN LISTS lines)
  if(line MATCHES "^## ([0-9.]+), ([0-9]+)-([0-9]+)-([0-9]+)$")
    string(APPEND changelog "${sign}")
    execute_process(COMMAND env LC_ALL=C date -u -d ${CMAKE_MATCH_2}-${CMAKE_MATCH_3}-${CMAKE_MATCH_4} "+%a, %d %b %Y 00:00:00 +0000"
      OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    if(NOT sign)
      set(newest ${CMAKE_MATCH_1})
      set(year ${CMAKE_MATCH_2})
    endif()
    string(APPEND changelog "el2sim (${CMAKE_MATCH_1}) unstable; urgency=medium\n\n")
    set(sign "\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n\n")
  elseif(line MATCHES "^- (.*)$")
    string(APPEND changelog "  * ${CMAKE_MATCH_1}\n")
  elseif(line MATCHES "^  ([^ ].*)$")
    string(APPEND changelog "    ${CMAKE_MATCH_1}\n")
  endif()
endforeach()
string(APPEND changelog "${sign}")
if(NOT newest STREQUAL CPACK_PACKAGE_VERSION)
  message(FATAL_ERROR "CHANGELOG.md: the first version is \"${newest}\", CMakeLists.txt says ${CPACK_PACKAGE_VERSION}: add \"## ${CPACK_PACKAGE_VERSION}, YYYY-MM-DD\"")
endif()

set(copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: el2sim

Files: *
Copyright: ${year} the authors of el2sim
License: Apache-2.0

License: Apache-2.0
 On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
")

foreach(pair ${CPACK_EL2SIM_NAMES})
  string(REPLACE "=" ";" pair ${pair})
  list(GET pair 0 component)
  list(GET pair 1 name)
  set(usr ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
  if(NOT EXISTS ${usr})
    continue()
  endif()
  set(doc ${usr}/share/doc/${name})
  file(WRITE ${doc}/changelog "${changelog}")
  file(WRITE ${doc}/copyright "${copyright}")
  file(GLOB manuals ${usr}/share/man/man*/*)
  execute_process(COMMAND gzip -9nf ${doc}/changelog ${manuals} COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB_RECURSE files LIST_DIRECTORIES true ${usr}/*)
  foreach(file ${files})
    if(IS_SYMLINK ${file})
      continue() # to a file of another package
    elseif(IS_DIRECTORY ${file})
      file(CHMOD ${file} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    elseif(NOT file MATCHES "/bin/")
      file(CHMOD ${file} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    endif()
  endforeach()
endforeach()
