# SPDX-License-Identifier: Apache-2.0
# Debian packages, one per component of the install() rules: `cmake --workflow --preset deb`, into build/deb/packages.
#   el2sim          the program and its manual
#   el2sim-data     configurations, sample traces, documents
#   libel2sim1      the library; the number is its SOVERSION
#   libel2sim-dev   headers, el2sim.pc, the SystemC module's source
#   python3-el2sim  the Python package, a notebook
set(EL2SIM_MAINTAINER "el2sim maintainers <maintainers@el2sim.example>" CACHE STRING "who made the Debian packages: Name <address>")
set(library libel2sim${EL2SIM_SOVERSION})
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME el2sim)
set(CPACK_PACKAGE_VENDOR "el2sim")
set(CPACK_PACKAGE_CONTACT ${EL2SIM_MAINTAINER})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENTS_ALL el2sim data library devel python)

set(text_el2sim "Replays traces of guest exits, or simulates vCPUs on pCPUs, through a model of
the kernel's world switch, and counts every system-register access, with its
cost in cycles, for any kernel, mode, policy and machine that is described.")
set(text_data "What the program finds by name: machines, kernels, workloads, experiments and
recorded traces, each value with its source; documents.")
set(text_library "A simulated machine, or the replay of a trace, inside of another program.")
set(text_devel "Headers, pkg-config's file, and a SystemC module with TLM-2.0 sockets as
source, for programs that have el2sim inside.")
set(text_python "Runs, comparisons, sweeps and the other answers of el2sim as dictionaries, or
as frames of pandas where it is installed; machines step by step.")

set(version ${PROJECT_VERSION})
set(name_el2sim el2sim)
set(name_data el2sim-data)
set(name_library ${library})
set(name_devel libel2sim-dev)
set(name_python python3-el2sim)
set(section_el2sim misc)
set(section_data misc)
set(section_library libs)
set(section_devel libdevel)
set(section_python python)
set(depends_ondemand ${EL2SIM_ONDEMAND_PACKAGES})
list(TRANSFORM depends_ondemand PREPEND ", ")
list(JOIN depends_ondemand "" depends_ondemand)
set(depends_el2sim "el2sim-data (= ${version})${depends_ondemand}")
list(JOIN EL2SIM_ONDEMAND_RECOMMENDED ", " CPACK_DEBIAN_EL2SIM_PACKAGE_RECOMMENDS)
set(depends_data "")
set(depends_library "el2sim-data (= ${version})")
set(depends_devel "${library} (= ${version})")
set(depends_python "python3 (>= 3.9), ${library} (= ${version}), el2sim (= ${version})")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS python3-pandas)
foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} UP)
  set(CPACK_DEBIAN_${UP}_PACKAGE_NAME ${name_${component}})
  set(CPACK_DEBIAN_${UP}_PACKAGE_SECTION ${section_${component}})
  set(CPACK_DEBIAN_${UP}_PACKAGE_DEPENDS "${depends_${component}}")
  set(CPACK_COMPONENT_${UP}_DESCRIPTION "${text_${component}}")
endforeach()
set(CPACK_DEBIAN_DATA_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
# ldconfig is run by a trigger. CPack writes scripts that call it unless it is given some: names of none keep it from that.
file(WRITE ${CMAKE_BINARY_DIR}/deb/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/deb/triggers ${CMAKE_BINARY_DIR}/deb/none/postinst
  ${CMAKE_BINARY_DIR}/deb/none/postrm)
# QEMU's plugin is no library that anybody links to.
set(CPACK_DEBIAN_EL2SIM_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/deb/none/postinst ${CMAKE_BINARY_DIR}/deb/none/postrm)
# Python's modules are compiled when they are installed, and what comes of it is removed with them.
foreach(script "postinst py3compile" "prerm py3clean")
  separate_arguments(script)
  list(GET script 1 tool)
  list(GET script 0 script)
  file(WRITE ${CMAKE_BINARY_DIR}/deb/python/${script}
    "#!/bin/sh\nset -e\nif [ -z \"\${DPKG_ROOT:-}\" ] && command -v ${tool} >/dev/null 2>&1; then\n\t${tool} -p python3-el2sim\nfi\n")
  file(CHMOD ${CMAKE_BINARY_DIR}/deb/python/${script} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
endforeach()
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/deb/python/postinst ${CMAKE_BINARY_DIR}/deb/python/prerm)

# What every Debian package has, written where the files wait to be packed: changelog, copyright, compressed manuals.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/debian.cmake)
set(CPACK_EL2SIM_SOURCE ${CMAKE_SOURCE_DIR})
foreach(component ${CPACK_COMPONENTS_ALL})
  list(APPEND CPACK_EL2SIM_NAMES ${component}=${name_${component}})
endforeach()
include(CPack)
