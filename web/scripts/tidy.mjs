/**
 * Runs clang-tidy over src/, on all cores, and leaves out each file that was clean when it, the
 * headers it reads and .clang-tidy were as they are now.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { buildNative } from './build.mjs'
import { Failure, heading, read, root, run } from './run.mjs'

const build = join(root, 'build/native-release')
const cleanFolder = join(build, 'clang-tidy')

export async function tidy() {
  await buildNative()
  heading('Looking for likely bugs with clang-tidy')
  mkdirSync(cleanFolder, { recursive: true })
  const waiting = sources().filter(({ stamp }) => !existsSync(stamp))
  const unclean = []
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      console.log(`  ${relative(root, next.file)}`)
      // The compile commands are GCC's, with warnings that Clang does not know.
      const flags = ['-p', build, '--quiet', '--extra-arg=-Wno-unknown-warning-option']
      await run('clang-tidy', [...flags, next.file], { quiet: true }).then(
        () => writeFileSync(next.stamp, ''),
        () => unclean.push(relative(root, next.file)),
      )
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  if (unclean.length > 0) throw new Failure(`clang-tidy has findings in ${unclean.join(', ')}`)
}

/** Each source file with the stamp that says it is clean, named by all that it was made from. */
function sources() {
  const commands = JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8'))
  const readBy = headersByOutput()
  const digests = new Map()
  const digest = (file) => {
    if (!digests.has(file)) digests.set(file, sha256(readFileSync(file)))
    return digests.get(file)
  }
  return commands
    .filter(({ file }) => file.startsWith(join(root, 'src/')))
    .map(({ file, command }) => {
      const output = command.match(/ -o (\S+)/)?.[1]
      const inputs = [join(root, '.clang-tidy'), file, ...(readBy.get(output) ?? [])]
      return { file, stamp: join(cleanFolder, sha256([command, ...inputs.map(digest)].join('\n'))) }
    })
}

/** What Ninja learnt from the compiler: which of our own files each object file was made from. */
function headersByOutput() {
  const found = new Map()
  const blocks = (read('ninja', ['-C', build, '-t', 'deps']) ?? '').split('\n\n')
  for (const block of blocks) {
    const [title, ...lines] = block.split('\n')
    const files = lines.map((line) => resolve(build, line.trim()))
    found.set(
      title.split(':')[0],
      files.filter((file) => file.startsWith(join(root, 'src/'))),
    )
  }
  return found
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex')
}
