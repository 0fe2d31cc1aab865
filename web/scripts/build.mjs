/**
 * Builds the native command ("native") and the npm package ("package": the engine by Emscripten,
 * JavaScript by esbuild, types by tsc, all into dist/). Without arguments, both.
 *
 *   node web/scripts/build.mjs [native] [package]
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { checkKernelPack } from './kernel-pack.mjs'
import { Failure, heading, isScript, main, npmTool, read, root, run } from './run.mjs'

export const vitrine = join(root, 'build/native-release/src/cli/vitrine')

/** The vitrine command; with `tests`, everything that CTest runs as well. */
export async function buildNative({ preset = 'native-release', tests = false } = {}) {
  heading(`Building the vitrine command${tests ? ' and its tests' : ''} (${preset})`)
  // What a build folder was configured for, it keeps: else `npm start` would undo what `npm test`
  // has built. Asking for tests anew needs GoogleTest, which `npm start` does without.
  const keep = tests || cacheOf(preset).includes('VITRINE_TESTS:BOOL=ON')
  await configure(preset, `-DVITRINE_TESTS=${keep ? 'ON' : 'OFF'}`)
  await run('cmake', ['--build', '--preset', preset, ...(tests ? [] : ['--target', 'vitrine'])])
}

export async function buildPackage() {
  heading('Building the npm package')
  const emscripten = read('em-config', ['EMSCRIPTEN_ROOT'])?.trim()
  if (!emscripten) throw new Failure('em-config is not on the PATH; it comes with Emscripten.', 2)
  const toolchain = join(emscripten, 'cmake/Modules/Platform/Emscripten.cmake')
  for (const preset of ['wasm-release', 'wasm-scalar']) {
    await configure(preset, `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`)
    await run('cmake', ['--build', '--preset', preset])
  }
  const built = (file, preset = 'wasm-release') =>
    readFileSync(join(root, 'build', preset, 'bindings', file))
  checkKernelPack(built('kernel_pack.o'), built('kernels.wasm'))
  if (!built('engine.js').equals(built('engine.js', 'wasm-scalar'))) {
    throw new Failure('The two builds of the engine want different JavaScript; they share one.')
  }

  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: ['web/src/index.ts'],
    outdir: dist,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    alias: { '#engine': join(root, 'build/wasm-release/bindings/engine.js') },
    minify: true,
    sourcemap: true,
    logLevel: 'warning',
  })
  writeFileSync(join(dist, 'engine.wasm'), built('engine.wasm'))
  writeFileSync(join(dist, 'engine-scalar.wasm'), built('engine.wasm', 'wasm-scalar'))
  writeFileSync(join(dist, 'kernels.wasm'), built('kernels.wasm'))
  await run(npmTool('tsc'), ['--project', 'web', '--emitDeclarationOnly', '--outDir', dist])
}

function configure(preset, ...options) {
  return run('cmake', ['--preset', preset, ...options], { quiet: true })
}

function cacheOf(preset) {
  const cache = join(root, 'build', preset, 'CMakeCache.txt')
  return existsSync(cache) ? readFileSync(cache, 'utf8') : ''
}

if (isScript(import.meta.url)) {
  await main(async () => {
    const targets = { native: buildNative, package: buildPackage }
    const chosen = argv.length > 2 ? argv.slice(2) : Object.keys(targets)
    for (const name of chosen) {
      if (!Object.hasOwn(targets, name))
        throw new Failure(`"${name}" is neither native nor package.`, 2)
      await targets[name]()
    }
  })
}
