# SPDX-License-Identifier: Apache-2.0
# The Python package: sources alone, so that nothing of it is built (docs/python.md).
set(EL2SIM_PYTHON_DIR lib/python3/dist-packages CACHE STRING "where the Python package is installed: below the prefix")
install(DIRECTORY python/el2sim DESTINATION ${EL2SIM_PYTHON_DIR} COMPONENT python
  FILES_MATCHING PATTERN "*.py" PATTERN __pycache__ EXCLUDE)
install(FILES python/example.ipynb DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/python3-el2sim/examples COMPONENT python)
