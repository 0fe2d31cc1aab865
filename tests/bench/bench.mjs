/** What the benchmarks share: the built command, medians, and results written where anyone can see. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { argv, env } from 'node:process'
import { vitrine } from '../../web/scripts/build.mjs'
import { Failure, root } from '../../web/scripts/run.mjs'

export const onlineRetail = join(root, '../shared/data/online-retail/online_retail.csv.xz')

/** Runs `vitrine ...args --json` and returns what its last line says. */
export function runVitrine(...args) {
  if (!existsSync(vitrine)) {
    throw new Failure('vitrine is not built yet; run `npm start -- --once` first.', 2)
  }
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20, env }
  const { status, stdout, stderr } = spawnSync(vitrine, [...args, '--json'], options)
  if (status !== 0) throw new Failure(`vitrine ${args.join(' ')}: ${stderr}`)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1))
}

export function median(values) {
  return quantile(values, 0.5)
}

/** The q-quantile, linear between order statistics. */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low)
}

export function machine() {
  return { processor: cpus()[0].model, cores: cpus().length, node: process.version }
}

/** Prints `results` and writes them, with the machine and the command, to tests/bench/results. */
export function report(name, results) {
  console.log(writeResults(name, { results }))
}

/** Writes `contents`, with the machine and the command, to tests/bench/results; returns the text. */
export function writeResults(name, contents) {
  const script = relative(root, argv[1])
  const command = `node ${script} ${argv.slice(2).join(' ')}`.trimEnd()
  const text = JSON.stringify({ command, machine: machine(), ...contents }, null, 2)
  const folder = join(root, 'tests/bench/results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${text}\n`)
  return text
}

/** A folder for what a benchmark makes, ignored by git. */
export function scratch(name) {
  const folder = join(root, 'out/bench', name)
  mkdirSync(folder, { recursive: true })
  return folder
}
