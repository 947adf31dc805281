# SPDX-License-Identifier: Apache-2.0
# libel2sim.so: sim/lib/machine.h and what it needs, for other programs; headers and el2sim.pc.
set(EL2SIM_SOVERSION 1) # EL2SIM_API of sim/lib/machine.h
file(STRINGS sim/lib/machine.h api REGEX "^#define EL2SIM_API +${EL2SIM_SOVERSION} ")
if(NOT api)
  message(FATAL_ERROR "sim/lib/machine.h: EL2SIM_API is not ${EL2SIM_SOVERSION}, the SOVERSION of cmake/library.cmake")
endif()
file(GLOB sources CONFIGURE_DEPENDS sim/lib/*.c)
add_library(el2sim_shared SHARED ${sources})
target_link_libraries(el2sim_shared PRIVATE el2sim_app el2sim_report)
target_link_options(el2sim_shared PRIVATE LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/el2sim.map)
set_target_properties(el2sim_shared PROPERTIES OUTPUT_NAME el2sim VERSION ${EL2SIM_SOVERSION}.${PROJECT_VERSION}
  SOVERSION ${EL2SIM_SOVERSION} LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/el2sim.map)

file(RELATIVE_PATH EL2SIM_PC_UP /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(cmake/el2sim.pc.in el2sim.pc @ONLY)
install(TARGETS el2sim_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT devel)
install(FILES sim/lib/machine.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/el2sim COMPONENT devel)
install(FILES ${CMAKE_BINARY_DIR}/el2sim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT devel)

# sim/systemc as source: it is compiled with the SystemC of who uses it. There our headers are in <el2sim/>.
function(el2sim_install_source file destination)
  file(READ ${file} text)
  string(REGEX REPLACE "#include \"sim/[a-z]+/([a-z0-9_]+)\\.h\"" "#include <el2sim/\\1.h>" text "${text}")
  get_filename_component(name ${file} NAME)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/installed/${name} CONTENT "${text}" @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/installed/${name} DESTINATION ${destination} COMPONENT devel)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endfunction()
el2sim_install_source(sim/systemc/el2sim_module.h ${CMAKE_INSTALL_INCLUDEDIR}/el2sim)
foreach(file el2sim_module.cc example/run.cc example/platform.cc)
  el2sim_install_source(sim/systemc/${file} ${CMAKE_INSTALL_DATADIR}/el2sim/systemc)
endforeach()
