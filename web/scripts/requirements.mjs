/**
 * What a build and the tests need from the system, by the names of Debian's packages.
 *
 * A command may come from anywhere on the PATH, a header from anywhere the compiler looks; where
 * there is no apt-get, these two are how a requirement is recognised. One with neither is a help,
 * not a must.
 */
const { CXX = 'c++', CHROMIUM = 'chromium' } = process.env

const build = [
  need('cmake', 'describes both builds', { command: 'cmake', atLeast: '3.25' }),
  need('ninja-build', 'runs both builds', { command: 'ninja' }),
  need('g++', 'compiles the vitrine command', { command: CXX }),
  need('emscripten', 'compiles the engine to WebAssembly', { command: 'em++', atLeast: '3.1.6' }),
  need('clang-19', 'compiles the faster kernels', { command: 'clang++-19' }),
  need('lld-19', 'links them', { command: 'wasm-ld-19' }),
  need('libhwy-dev', 'Highway: SIMD', { header: 'hwy/highway.h' }),
  need('libeigen3-dev', 'Eigen: dense algebra', { header: 'Eigen/Core' }),
  need('libopenblas0-pthread', 'OpenBLAS: training at full speed; Eigen does without', {}),
  need('libtbb-dev', 'oneTBB: threads', { header: 'tbb/parallel_for.h' }),
  need('nlohmann-json3-dev', 'JSON', { header: 'nlohmann/json.hpp' }),
  need('libsimdjson-dev', 'JSON lines at speed', { header: 'simdjson.h' }),
  need('libcli11-dev', 'command line flags', { header: 'CLI/CLI.hpp' }),
  need('libtomlplusplus-dev', 'configuration files', { header: 'toml++/toml.h' }),
  need('libzip-dev', 'NumPy archives', { header: 'zip.h' }),
]

const test = [
  ...build,
  need('libgtest-dev', 'native tests', { header: 'gtest/gtest.h' }),
  need('chromium', 'browser tests', { command: CHROMIUM }),
  need('fonts-dejavu-core', 'text in the browser tests', {}),
  need('clang-format', 'layout of C++', { command: 'clang-format' }),
  need('clang-tidy', 'likely bugs in C++', { command: 'clang-tidy' }),
  need('python3-torch', 'writes the weights that import is tested on', {}),
  need('python3-numpy', 'reads what is written for NumPy', {}),
]

function need(debian, why, recognisedBy) {
  return { debian, why, ...recognisedBy }
}

export const requirements = { build, test }
