/** What the benchmarks share: the built command, medians, and results written where anyone can see. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { argv, env } from 'node:process'
import { vitrine } from '../../web/scripts/build.mjs'
import { Failure, read, root } from '../../web/scripts/run.mjs'

const resultsFolder = join(root, 'tests/bench/results')
export const retailRocket = join(root, '../shared/data/retailrocket-multibehavior')
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
  console.log(save(name, results))
}

/** Writes `results` likewise; what a long run has so far is then not lost with it. */
export function save(name, results) {
  return writeResults(name, { results })
}

/** Writes `contents`, with the machine and the command, to tests/bench/results; returns the text. */
export function writeResults(name, contents) {
  const words = argv.slice(2).map((word) => (word.includes(' ') ? `'${word}'` : word))
  const command = ['node', relative(root, argv[1]), ...words].join(' ')
  const commands = commandsOf(name, command)
  const whole = { command, ...(commands && { commands }), machine: machine(), ...contents }
  const text = JSON.stringify(whole, null, 2)
  mkdirSync(resultsFolder, { recursive: true })
  writeFileSync(join(resultsFolder, `${name}.json`), `${text}\n`)
  return text
}

// By name of the results: the keys that this run measured, of results that stand among earlier ones.
const measuredNow = new Map()

/** The command behind each key of results that several runs made. */
function commandsOf(name, command) {
  const keys = measuredNow.get(name)
  return (
    keys && {
      ...earlierOf(name).commands,
      ...Object.fromEntries(keys.map((key) => [key, command])),
    }
  )
}

function earlierOf(name) {
  const path = join(resultsFolder, `${name}.json`)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}

/** `results` among the earlier ones of `name` that were not measured again: those under other keys. */
export function amongEarlier(name, results) {
  measuredNow.set(name, Object.keys(results))
  return { ...earlierOf(name).results, ...results }
}

/** A folder for what a benchmark makes, ignored by git. */
export function scratch(name) {
  const folder = join(root, 'out/bench', name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** RetailRocket's events and held-out purchases as one log; of each shopper the last ones. */
export function retailRocketLog(mostEvents = Number.POSITIVE_INFINITY) {
  const rows = (text) =>
    text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
  const histories = new Map()
  const train = read('xz', ['-dkc', join(retailRocket, 'train_events.csv.xz')])
  for (const [user, item, event, time] of rows(train)) {
    if (!histories.has(user)) histories.set(user, [])
    histories.get(user).push({ item, event, time: Number(time) })
  }
  for (const events of histories.values()) events.sort((a, b) => a.time - b.time)
  for (const [user, item] of rows(readFileSync(join(retailRocket, 'test_buy.csv'), 'utf8'))) {
    const events = histories.get(user)
    events?.push({ item, event: 'buy', time: events.at(-1).time + 1 })
  }
  const lines = ['user,item,event,time']
  for (const [user, events] of histories) {
    for (const { item, event, time } of events.slice(-mostEvents)) {
      lines.push(`${user},${item},${event},${time}`)
    }
  }
  return `${lines.join('\n')}\n`
}
