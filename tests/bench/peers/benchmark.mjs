/** Runs a plan: each model at each size in each host, then what a page pays before its first list. */
import { rmSync, writeFileSync } from 'node:fs'
import { freemem, loadavg } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Failure } from '../../../web/scripts/run.mjs'
import { machine, scratch, writeResults } from '../bench.mjs'
import { PlainRecommender } from './contenders/javascript.mjs'
import { workerContenders } from './contenders.mjs'
import { bytesOfFile, writeFiles } from './files.mjs'
import { openChromium } from './hosts/chromium.mjs'
import { openNode } from './hosts/node.mjs'
import { missingWebKit, openWebKitHost } from './hosts/webkit.mjs'
import { measure } from './measure.mjs'
import { bytesOfModel, listLength, makeModel } from './models.mjs'
import { measureNative } from './native.mjs'
import { plot } from './plot.mjs'
import { openStartup } from './startup.mjs'
import { streamModule } from './stream-module.mjs'
import { downloadsText, resultsText, startupText } from './table.mjs'

const hosts = { chromium: openChromium, webkit: openWebKitHost, node: openNode }
/** WebKit is there for what runs without relaxed SIMD; Chromium tells how it grows. */
const largest = { webkit: 20108 }
/** Sizes and models whose first list in a page is timed. */
const startupItems = [1000, 20108]
const startupModels = ['model-m', 'compact']
/** Of its file, what a contender takes at most beside it while it loads. */
const memoryPerFileByte = 4

const nothing = () => ({ results: [], skipped: [], bandwidth: [], startup: [], memory: [] })

export async function runBenchmark(plan) {
  // With --json the one line on stdout is for a machine, and people read stderr.
  const people = plan.json ? process.stderr : process.stdout
  const tell = (text) => people.write(`\n${text}\n`)
  const about = { machine: { ...machine(), load_average: loadavg()[0] } }
  const all = { ...about, ...nothing() }
  const pages = plan.startup && plan.hosts.includes('chromium') ? await openStartup() : undefined
  for (const name of plan.models) {
    for (const items of plan.items) {
      tell(`== ${name}, ${items.toLocaleString('en')} products`)
      const found = await runOne(plan, name, items, pages)
      tell(resultsText(found))
      for (const [key, rows] of Object.entries(found)) all[key].push(...rows)
    }
  }
  all.downloads = pages?.downloads() ?? []
  pages?.close()
  if (all.startup.length > 0) tell(startupText(all.startup, all.memory))
  if (all.downloads.length > 0) tell(downloadsText(all.downloads))
  writeResults('peers', all)
  const drawing = plot(all.results)
  if (drawing) writeFileSync(new URL('../results/peers.svg', import.meta.url), drawing)
  if (plan.json) console.log(JSON.stringify(all))
}

/** Everything of one model at one size; its files are gone afterwards. */
async function runOne(plan, name, items, pages) {
  const found = nothing()
  const where = { model: name, items }
  const tooLarge = reasonAgainst(name, items)
  if (tooLarge) return { ...found, skipped: [{ ...where, reason: tooLarge }] }

  const model = makeModel(name, items)
  const reference = new PlainRecommender(model, listLength)
  const chosen = (contender) => plan.contenders.some((begin) => contender.name.startsWith(begin))
  const contenders = workerContenders(plan.precisions).filter(
    (contender) => chosen(contender) && (name !== 'sequence' || contender.form !== 'dense'),
  )
  const folder = join(scratch('peers'), `${name}-${items}`)
  const { lists } = plan
  try {
    writeFiles(folder, model, contenders)
    writeFileSync(join(folder, 'stream.wasm'), await streamModule())
    for (const host of plan.hosts) {
      const add = ({ rows, skipped, bandwidth = [] }) => {
        found.results.push(...rows.map((row) => ({ host, ...where, ...row })))
        found.skipped.push(...skipped.map((it) => ({ host, ...where, ...it })))
        found.bandwidth.push(...bandwidth.map((it) => ({ host, ...where, ...it })))
      }
      if (host === 'node-native') {
        const { precisions } = plan
        add(await measureNative({ model, folder, precisions, chosen, reference }))
        continue
      }
      if (items > (largest[host] ?? items)) continue
      if (host === 'webkit' && missingWebKit) {
        found.skipped.push({ host, ...where, reason: missingWebKit })
        continue
      }
      for (const group of groupsThatFit(folder, contenders)) {
        const opened = await hosts[host]()
        const options = { host: opened, model, folder, contenders: group, reference, lists }
        add(await measure(options).finally(() => opened.close()))
      }
    }
    if (pages && startupModels.includes(name) && startupItems.includes(items)) {
      const { startup, memory, skipped } = await pages.measure({ model, folder, contenders })
      Object.assign(found, { startup, memory })
      found.skipped.push(...skipped)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  checkLists(found.results)
  return found
}

function reasonAgainst(name, items) {
  const bytes = bytesOfModel(name, items)
  if (bytes <= 2 ** 31) return undefined
  const gigabytes = (bytes / 1e9).toFixed(1)
  return `its weights have ${gigabytes} GB in f32; an ONNX file has at most 2, a WebAssembly memory 4`
}

/** Contenders in as few groups as the memory allows; those of a group take turns. */
function groupsThatFit(folder, contenders) {
  const budget = freemem() / 2
  const groups = [[]]
  let bytes = 0
  for (const contender of contenders) {
    const own = memoryPerFileByte * bytesOfFile(folder, contender)
    if (bytes + own > budget && groups.at(-1).length > 0) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1).push(contender)
    bytes += own
  }
  return groups
}

/** In full precision everybody must list the same. */
function checkLists(results) {
  const wrong = results.find((row) => row.precision === 'f32' && row['overlap@20'] < 0.99)
  if (!wrong) return
  const { contender, host, model, items } = wrong
  const what = `${contender} in ${host} lists other products of ${model} (${items})`
  throw new Failure(`${what}: it does not compute the same model.`)
}
