/**
 * Runs the tests, all suites or those named, and closes with a summary.
 *
 *   node web/scripts/test.mjs [lint] [native] [start] [package] [browser] [sanitizers] [--long]
 *
 * --long adds what takes many minutes: the native tests once more under the sanitizers, the tests
 * that ask for VITRINE_LONG, and clang-tidy.
 */
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { parseArgs } from 'node:util'
import { buildNative, buildPackage } from './build.mjs'
import { install } from './install.mjs'
import { lint } from './lint.mjs'
import { Failure, heading, main, root, run } from './run.mjs'

const suites = {
  lint: ({ long }) => lint({ fast: !long }),
  native: (options) => ctest('native-release', options),
  start: () => run(execPath, ['web/scripts/start.mjs', '--once']),
  package: (options) => nodeTests('package', options),
  browser: (options) => nodeTests('browser', options),
  sanitizers: (options) => ctest('native-debug', options),
}

async function ctest(preset, { env }) {
  await buildNative({ preset, tests: true })
  heading(`Native tests (${preset})`)
  const parallel = String(availableParallelism())
  await run('ctest', ['--preset', preset, '--parallel', parallel, '--no-tests=error'], { env })
}

let packageBuild
async function nodeTests(folder, { env }) {
  await buildNative()
  packageBuild ??= buildPackage()
  await packageBuild
  heading(`Tests of the package: ${folder}`)
  const at = join('tests', folder)
  const files = readdirSync(join(root, at), { recursive: true })
    .filter((name) => name.endsWith('.test.mjs'))
    .map((name) => join(at, name))
  if (files.length === 0) throw new Failure(`no tests in ${at}`)
  await run(execPath, ['--test', '--test-reporter=spec', ...files], { env })
}

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { long: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const usual = Object.keys(suites).filter((name) => name !== 'sanitizers' || values.long)
  const chosen = positionals.length > 0 ? positionals : usual
  const unknown = chosen.find((name) => !Object.hasOwn(suites, name))
  if (unknown)
    throw new Failure(`There is no suite "${unknown}": ${Object.keys(suites).join(', ')}.`, 2)
  await install('test')

  const options = { long: values.long, env: values.long ? { VITRINE_LONG: '1' } : {} }
  const lines = []
  let failed = 0
  for (const name of chosen) {
    const start = performance.now()
    const failure = await suites[name](options).catch((error) => error)
    if (failure && !(failure instanceof Failure)) throw failure
    if (failure) failed += 1
    const seconds = `${Math.round((performance.now() - start) / 1000)} s`
    lines.push(
      `  ${name.padEnd(12)}${failure ? 'FAILED' : 'passed'}${seconds.padStart(8)}   ${failure?.message ?? ''}`,
    )
  }
  heading('Summary')
  for (const line of lines) console.log(line.trimEnd())
  console.log(`\nsuites: ${chosen.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
})
