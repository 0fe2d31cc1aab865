/**
 * Checks what no test sees: layout (clang-format, biome), types (tsc), likely bugs (biome,
 * clang-tidy).
 *
 *   node web/scripts/lint.mjs          everything
 *   node web/scripts/lint.mjs --fast   all but clang-tidy
 *   node web/scripts/lint.mjs --fix    mends layout and style where that can be done by itself
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { Failure, heading, isScript, main, npmTool, root, run } from './run.mjs'
import { tidy } from './tidy.mjs'

export async function lint({ fast = false, fix = false } = {}) {
  heading(fix ? 'Mending layout and style' : 'Checking layout, style and types')
  const cpp = filesOf(/\.(cc|h)$/, 'src', 'bindings', 'tests', 'examples')
  const checks = [
    () => run('clang-format', [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...cpp]),
    () => run(npmTool('biome'), ['check', '--error-on-warnings', ...(fix ? ['--write'] : [])]),
  ]
  if (!fix) checks.push(() => run(npmTool('tsc'), ['--noEmit', '--project', 'web']))
  if (!fix && !fast) checks.push(tidy)

  const failures = []
  for (const check of checks) {
    await check().catch((error) => {
      if (!(error instanceof Failure)) throw error
      failures.push(error.message)
    })
  }
  if (failures.length > 0) throw new Failure(failures.join('\n'))
}

function filesOf(pattern, ...folders) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
    )
    .filter((name) => pattern.test(name))
}

if (isScript(import.meta.url)) {
  await main(async () => {
    const options = { fast: { type: 'boolean' }, fix: { type: 'boolean' } }
    const { values } = parseArgs({ options })
    await install('test')
    await lint(values)
  })
}
