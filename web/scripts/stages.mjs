/** Stages of the way from a log to a model file, each skipped when it would make the same again. */
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { vitrine } from './build.mjs'
import { heading, root, run } from './run.mjs'

/**
 * Runs `vitrine ...args` to make `out`, unless `out` was made by the same command, the same program
 * and the same inputs. Inputs are files, or the keys of earlier stages. Returns the stage's key.
 */
export async function stage(title, { out, args, inputs }) {
  const parts = [await hashFile(vitrine), JSON.stringify(args)]
  for (const input of inputs) parts.push(isKey(input) ? input : await hashFile(input))
  const key = createHash('sha256').update(parts.join('\n')).digest('hex')

  const stamp = resolve(root, `${out}.made-from`)
  const made = existsSync(resolve(root, out)) && existsSync(stamp) && readFileSync(stamp, 'utf8')
  if (made === key) {
    console.log(`${title}: ${out} is up to date`)
    return key
  }
  heading(title)
  rmSync(stamp, { force: true })
  mkdirSync(dirname(stamp), { recursive: true })
  await run(vitrine, args, { explains: true })
  writeFileSync(stamp, key)
  return key
}

function isKey(input) {
  return /^[0-9a-f]{64}$/.test(input)
}

async function hashFile(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
