/**
 * Installs what a build ("build") or the tests as well ("test") need and this machine lacks:
 * Debian's packages by apt-get, npm's by the lock file. With nothing missing it does nothing.
 *
 *   node web/scripts/install.mjs [build | test]
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { argv, env, execPath, getuid, versions } from 'node:process'
import { requirements } from './requirements.mjs'
import { Failure, heading, isScript, main, read, root, run } from './run.mjs'

export async function install(purpose) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const atLeast = engines.node.replace('>=', '')
  if (!isAtLeast(versions.node, atLeast)) {
    throw new Failure(`Node ${atLeast} or newer is needed; this is ${versions.node}.`, 2)
  }
  const needed = requirements[purpose]
  if (read('apt-get', ['--version'])) await installDebianPackages(needed)
  const missing = lackingTools(needed)
  if (missing.length > 0) throw new Failure(askFor(missing), 2)
  await installNpmPackages()
}

async function installDebianPackages(needed) {
  const missing = lackingPackages(needed)
  if (missing.length === 0) return
  const names = missing.map((it) => it.debian)
  const mayInstall = getuid() === 0 || read('sudo', ['--version'])
  if (!mayInstall) {
    if (lackingTools(needed).length === 0) return
    const line = `apt-get update && apt-get install --no-install-recommends ${names.join(' ')}`
    throw new Failure(`Packages are missing, and there is no sudo. As root, run\n\n  ${line}`, 2)
  }
  heading(`Installing ${missing.length} of Debian's packages; this can take a few minutes`)
  for (const { debian, why } of missing) console.log(`  ${debian.padEnd(20)} ${why}`)
  const aptGet = (...args) => runAsRoot('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args)
  await aptGet('update')
  if (names.includes('emscripten')) await keepNode()
  await aptGet('install', '--yes', '--no-install-recommends', ...names)
}

/** Those that are neither installed by name nor there as a command of another origin. */
function lackingPackages(needed) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const format = '--showformat=${db:Status-Status} ${Package}\n'
  const lines = new Set(read('dpkg-query', ['--show', format])?.split('\n'))
  return needed.filter(
    (it) => !lines.has(`installed ${it.debian}`) && !(it.command && hasCommand(it)),
  )
}

/** Those whose command or header is not found, however it might have come here. */
function lackingTools(needed) {
  const headers = new Set(lackingHeaders(needed.filter((it) => it.header)))
  return needed.filter((it) => headers.has(it) || (it.command && !hasCommand(it)))
}

function hasCommand({ command, atLeast = '0' }) {
  const version = read(command, ['--version'])?.match(/\d+(\.\d+)+/)?.[0]
  return version !== undefined && isAtLeast(version, atLeast)
}

function isAtLeast(version, least) {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0
}

/** Asks the preprocessor; without one, every header counts as lacking. */
function lackingHeaders(needed) {
  const prefixes = ['/usr', ...(env.CMAKE_PREFIX_PATH ?? '').split(delimiter).filter(Boolean)]
  const folders = prefixes.flatMap((at) => [join(at, 'include'), join(at, 'include/eigen3')])
  const args = [
    '-std=c++20',
    ...folders.flatMap((at) => ['-idirafter', at]),
    '-E',
    '-P',
    '-xc++',
    '-',
  ]
  const questions = needed.map(
    ({ header }, i) => `#if !__has_include(<${header}>)\nlacking ${i}\n#endif\n`,
  )
  const answer = read(env.CXX ?? 'c++', args, { input: questions.join('') })
  if (answer === undefined) return needed
  return [...answer.matchAll(/lacking (\d+)/g)].map(([, i]) => needed[i])
}

function askFor(missing) {
  const lines = missing.map(({ debian, why, command, atLeast, header }) => {
    const what = command ? `${command}${atLeast ? ` ${atLeast} or newer` : ''}` : `<${header}>`
    return `  ${what.padEnd(24)} ${why} (Debian's package ${debian})`
  })
  return [
    'Missing on this machine:',
    ...lines,
    'Install them by the means of your system and run this again. What lies in an unusual place is',
    'named by PATH (commands), CXX (the compiler), CHROMIUM and CMAKE_PREFIX_PATH (libraries).',
  ].join('\n')
}

function runAsRoot(...line) {
  const [command, ...args] = getuid() === 0 ? line : ['sudo', ...line]
  return run(command, args, { quiet: true })
}

/**
 * Debian's emscripten depends on Debian's own, older Node. A Node that no package owns at the same
 * path would be overwritten by it, so Debian's is told to step aside.
 */
async function keepNode() {
  const node = '/usr/bin/node'
  if (realpathSync(execPath) !== node || read('dpkg-query', ['--search', node])) return
  console.log(`  (your ${node} stays; the one of Debian becomes ${node}.debian)`)
  await runAsRoot(
    'dpkg-divert',
    '--local',
    '--no-rename',
    '--divert',
    `${node}.debian`,
    '--add',
    node,
  )
}

/** npm ci, unless node_modules was made from the very lock file that is here. */
export async function installNpmPackages(folder = root) {
  const lockFile = readFileSync(join(folder, 'package-lock.json'))
  const hash = createHash('sha256').update(lockFile).digest('hex')
  const stamp = join(folder, 'node_modules/.lock-file-hash')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  heading('Installing npm packages by the lock file')
  const [command, ...args] = env.npm_execpath ? [execPath, env.npm_execpath] : ['npm']
  await run(command, [...args, 'ci'], { quiet: true, cwd: folder })
  writeFileSync(stamp, hash)
}

if (isScript(import.meta.url)) {
  await main(() => {
    const purpose = argv[2] ?? 'build'
    if (!Object.hasOwn(requirements, purpose))
      throw new Failure(`"${purpose}" is neither build nor test.`, 2)
    return install(purpose)
  })
}
